# heddle_instrument(target): builds `target` in Heddle's instrumented flavours, from unmodified sources.
#
#   target is a library:     adds <target>-thread   (compiled for det and tsan, which share objects)
#                            and  <target>-address  (compiled for asan).
#   target is an executable: adds <target>-det, <target>-tsan and <target>-asan.
#
# Call it after the target's sources and libraries are set. A linked library that was itself
# passed to heddle_instrument() before is replaced by its variant; any other is linked as it is.
#
# With HEDDLE_UNITY_VARIANTS set, the sources of a variant are compiled several at a time, which is
# faster where their headers are most of the work; they must then get along in one translation unit.
#
# For other projects: include() this file; it needs nothing else of Heddle's build. The compiler must
# be clang 14 or later with its compiler-rt. Operations of code that is not instrumented (a library
# linked as it is) are schedule points where they are libc calls, and run as one step otherwise.
# A read is a point of its own even where a write of the same address follows in its block: another
# thread can come between the two. (heddle-cc has the same flags: sim/wrapper.)
set(HEDDLE_ALL_READS "-mllvm -tsan-instrument-read-before-write=1 -fno-omit-frame-pointer")
set(HEDDLE_THREAD_FLAGS "-fsanitize=thread ${HEDDLE_ALL_READS}")
# The driver refuses address and thread together; the compiler proper takes them.
set(HEDDLE_ADDRESS_FLAGS "-fsanitize=address,undefined -fno-sanitize-recover=undefined")
string(APPEND HEDDLE_ADDRESS_FLAGS " -Xclang -fsanitize=thread ${HEDDLE_ALL_READS}")
set(HEDDLE_THREAD_COMPILE_OPTIONS "$<$<COMPILE_LANGUAGE:C,CXX>:SHELL:${HEDDLE_THREAD_FLAGS}>")
set(HEDDLE_ADDRESS_COMPILE_OPTIONS "$<$<COMPILE_LANGUAGE:C,CXX>:SHELL:${HEDDLE_ADDRESS_FLAGS}>")

get_filename_component(HEDDLE_ROOT_DIR ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)

# The linker's arguments, in files: which calls of the program's objects are led to the kernel
# (--wrap), and which of the kernel's definitions shared libraries must see (--dynamic-list).
function(heddle_write_linker_files_)
  set(interpose ${HEDDLE_ROOT_DIR}/sim/runtime/interpose)
  set(common main __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort memcpy memmove memset)
  file(STRINGS ${interpose}/operator_new.inc lines REGEX "^HEDDLE_(NEW|DELETE)\\(")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^HEDDLE_[A-Z]+\\(([A-Za-z0-9_]+),.*" "\\1" symbol "${line}")
    list(APPEND common ${symbol})
  endforeach()
  set(thread __tsan_atomic_thread_fence __tsan_vptr_update __tsan_vptr_read __tsan_memcpy
             __tsan_memmove __tsan_memset)
  foreach(bits 8 16 32 64 128)
    foreach(operation load store exchange fetch_add fetch_sub fetch_and fetch_or fetch_xor
                      fetch_nand compare_exchange_strong compare_exchange_weak
                      compare_exchange_val)
      list(APPEND thread __tsan_atomic${bits}_${operation})
    endforeach()
  endforeach()
  foreach(bytes 1 2 4 8 16)
    list(APPEND thread __tsan_read${bytes} __tsan_write${bytes})
  endforeach()
  foreach(bytes 2 4 8 16)
    list(APPEND thread __tsan_unaligned_read${bytes} __tsan_unaligned_write${bytes})
  endforeach()
  # Of shared libraries: the runtime leads their calls of operator new by itself.
  set(shared __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort memcpy memmove memset)
  foreach(names common thread shared)
    list(TRANSFORM ${names} PREPEND "--wrap=")
    list(JOIN ${names} "\n" ${names}_text)
  endforeach()
  # What instrumented shared libraries call.
  set(exports "  __tsan_*;\n  __wrap_*;\n")
  file(GLOB interposers CONFIGURE_DEPENDS ${interpose}/*.cc)
  foreach(source IN LISTS interposers)
    file(STRINGS ${source} lines REGEX "^(INTERPOSE|HEDDLE_REFUSE|HEDDLE_STREAM)\\(")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^INTERPOSE\\([^,]+, *([A-Za-z0-9_]+),.*" "\\1" symbol "${line}")
      string(REGEX REPLACE "^HEDDLE_(REFUSE|STREAM)\\(([A-Za-z0-9_]+).*" "\\2" symbol "${symbol}")
      string(APPEND exports "  ${symbol};\n")
    endforeach()
  endforeach()
  set(directory ${CMAKE_BINARY_DIR}/heddle-link)
  file(CONFIGURE OUTPUT ${directory}/wrap.txt CONTENT "${common_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-tsan.txt CONTENT "${common_text}\n${thread_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-shared.txt CONTENT "${shared_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-shared-tsan.txt CONTENT "${thread_text}\n")
  file(CONFIGURE OUTPUT ${directory}/exports.txt CONTENT "{\n${exports}};\n")
endfunction()

# The runtime, once for each flavour. Linked whole, so that every definition is there.
function(heddle_runtime_targets_)
  if(TARGET heddle-runtime-det)
    return()
  endif()
  heddle_write_linker_files_()
  set(runtime ${HEDDLE_ROOT_DIR}/sim/runtime)
  file(GLOB sources CONFIGURE_DEPENDS ${runtime}/core/*.cc ${runtime}/interpose/*.cc ${runtime}/serve/*.cc
       ${runtime}/strategies/*.cc ${HEDDLE_ROOT_DIR}/sim/protocol/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  # Each file declares the real functions that it calls. A file that declares one that an earlier file
  # has declared too must not share a translation unit with it.
  set(declared)
  foreach(source IN LISTS sources)
    file(STRINGS ${source} lines REGEX "^(HEDDLE_REAL|INTERPOSE)\\(")
    set(own)
    foreach(line IN LISTS lines)
      if(line MATCHES "^(HEDDLE_REAL\\(|INTERPOSE\\([^,]+, *)([A-Za-z0-9_]+)")
        list(APPEND own ${CMAKE_MATCH_2})
      endif()
    endforeach()
    foreach(function IN LISTS own)
      if(function IN_LIST declared)
        set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      endif()
    endforeach()
    list(APPEND declared ${own})
  endforeach()
  foreach(flavour det tsan asan)
    string(TOUPPER ${flavour} upper)
    add_library(heddle-runtime-${flavour} STATIC EXCLUDE_FROM_ALL ${sources})
    target_compile_features(heddle-runtime-${flavour} PRIVATE cxx_std_20)
    target_include_directories(heddle-runtime-${flavour} PRIVATE ${HEDDLE_ROOT_DIR})
    target_compile_definitions(heddle-runtime-${flavour} PRIVATE HEDDLE_FLAVOUR_${upper})
    set_target_properties(heddle-runtime-${flavour} PROPERTIES
      ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/heddle-link)
    # Nothing of the kernel is instrumented, and no function may keep a canary behind FS. Debuggers
    # read its state (debug.py), whatever the build type.
    target_compile_options(heddle-runtime-${flavour} PRIVATE
      -O2 -g -mcx16 -fno-sanitize=all -fno-stack-protector -fno-omit-frame-pointer -fPIE -Wall -Wextra
      "SHELL:-include ${runtime}/interpose/plain_memory.h")
    if(NOT DEFINED HEDDLE_UNITY OR HEDDLE_UNITY)
      set_target_properties(heddle-runtime-${flavour} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    endif()
  endforeach()
endfunction()

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
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS INCLUDE_DIRECTORIES COMPILE_FEATURES)
    get_target_property(value ${target} ${property})
    if(value)
      set_property(TARGET ${variant} APPEND PROPERTY ${property} ${value})
    endif()
  endforeach()
  target_compile_options(${variant} PRIVATE ${options})
  if(HEDDLE_UNITY_VARIANTS)
    set_target_properties(${variant} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
endfunction()

# The runtime comes behind the program's objects and the libraries that these name, as libc does: of
# two definitions of one symbol the first counts (-z muldefs), so a program's own `send` stays its own.
# main() may come from a library (GoogleTest's), which is read before the runtime asks for it.
function(heddle_add_flavour_ target flavour objects wraps)
  add_executable(${target}-${flavour} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${objects}>)
  get_target_property(libraries ${objects} LINK_LIBRARIES)
  if(NOT libraries)
    set(libraries)
  endif()
  target_link_libraries(${target}-${flavour} PRIVATE ${objects} ${libraries}
    -Wl,--whole-archive $<TARGET_FILE:heddle-runtime-${flavour}> -Wl,--no-whole-archive)
  add_dependencies(${target}-${flavour} heddle-runtime-${flavour})
  set_target_properties(${target}-${flavour} PROPERTIES LINKER_LANGUAGE CXX)
  set(directory ${CMAKE_BINARY_DIR}/heddle-link)
  target_link_options(${target}-${flavour} PRIVATE
    ${ARGN} -Wl,@${directory}/${wraps} -Wl,--dynamic-list=${directory}/exports.txt -Wl,-z,muldefs
    -Wl,--undefined=main)
  set_property(TARGET ${target}-${flavour} APPEND PROPERTY LINK_DEPENDS
               ${directory}/${wraps} ${directory}/exports.txt $<TARGET_FILE:heddle-runtime-${flavour}>)
endfunction()

function(heddle_instrument target)
  if(DEFINED HEDDLE_FLAVOURS AND NOT HEDDLE_FLAVOURS)
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
  heddle_runtime_targets_()
  heddle_add_flavour_(${target} det ${target}-thread-objects wrap.txt)
  heddle_add_flavour_(${target} tsan ${target}-thread-objects wrap-tsan.txt -fsanitize=thread)
  heddle_add_flavour_(${target} asan ${target}-address-objects wrap.txt
                      -fsanitize=address,undefined)
endfunction()
