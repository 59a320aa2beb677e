# heddle_instrument(target): builds `target` in Heddle's instrumented flavours, from unmodified sources.
#
#   target is a library:     adds <target>-thread   (compiled for det and tsan, which share objects)
#                            and  <target>-address  (compiled for asan).
#   target is an executable: adds <target>-det, <target>-tsan and <target>-asan.
#
# Call it after the target's sources and libraries are set. A linked library that was itself
# passed to heddle_instrument() before is replaced by its variant; any other is linked as it is.
set(HEDDLE_THREAD_COMPILE_OPTIONS -fsanitize=thread -fno-omit-frame-pointer)
set(HEDDLE_ADDRESS_COMPILE_OPTIONS -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                   -fno-omit-frame-pointer)

# Adds the library `variant`, a copy of `target` with `options`, linked against the libraries'
# variants of the same `kind` (thread or address).
function(heddle_add_variant_ target variant kind type options)
  get_target_property(sources ${target} SOURCES)
  get_target_property(source_dir ${target} SOURCE_DIR)
  get_target_property(libraries ${target} LINK_LIBRARIES)
  set(absolute)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${source_dir})
    list(APPEND absolute ${source})
  endforeach()
  add_library(${variant} ${type} EXCLUDE_FROM_ALL ${absolute})
  set(mapped)
  foreach(library IN LISTS libraries)
    if(TARGET ${library}-${kind})
      list(APPEND mapped ${library}-${kind})
    elseif(library)
      list(APPEND mapped ${library})
    endif()
  endforeach()
  target_link_libraries(${variant} PUBLIC ${mapped})
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS INCLUDE_DIRECTORIES)
    get_target_property(value ${target} ${property})
    if(value)
      set_property(TARGET ${variant} APPEND PROPERTY ${property} ${value})
    endif()
  endforeach()
  target_compile_options(${variant} PRIVATE ${options})
endfunction()

function(heddle_instrument target)
  if(NOT HEDDLE_FLAVOURS)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  if(type MATCHES "LIBRARY")
    set(variant_type STATIC)
    set(suffix "")
  else()
    set(variant_type OBJECT)
    set(suffix "-objects")
  endif()
  heddle_add_variant_(${target} ${target}-thread${suffix} thread ${variant_type}
                      "${HEDDLE_THREAD_COMPILE_OPTIONS}")
  heddle_add_variant_(${target} ${target}-address${suffix} address ${variant_type}
                      "${HEDDLE_ADDRESS_COMPILE_OPTIONS}")
  if(NOT type STREQUAL "EXECUTABLE")
    return()
  endif()
  add_executable(${target}-tsan $<TARGET_OBJECTS:${target}-thread-objects>)
  target_link_libraries(${target}-tsan PRIVATE ${target}-thread-objects)
  target_link_options(${target}-tsan PRIVATE -fsanitize=thread)
  add_executable(${target}-asan $<TARGET_OBJECTS:${target}-address-objects>)
  target_link_libraries(${target}-asan PRIVATE ${target}-address-objects)
  target_link_options(${target}-asan PRIVATE -fsanitize=address,undefined)
endfunction()
