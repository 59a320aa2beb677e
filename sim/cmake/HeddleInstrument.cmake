# heddle_instrument(target [WITH_DEPENDENCIES]): builds `target` in Heddle's instrumented flavours,
# from unmodified sources.
#
#   an executable: adds <target>-det, <target>-tsan and <target>-asan (a MODULE library too).
#   any other library: adds <target>-thread (compiled for det and tsan, which share objects) and
#                      <target>-address (compiled for asan). Those of a SHARED one are static.
#
# A variant has the sources, the properties and the libraries that the target has when CMake has read
# the whole project; it does not matter which of them are set before the call. A library that is
# passed to heddle_instrument() too is replaced by its variant, also behind an ALIAS, an INTERFACE
# library or a generator expression; any other of the project's is linked as it is, and named. With
# WITH_DEPENDENCIES all libraries of the project that the target links are instrumented; one whose
# property HEDDLE_INSTRUMENT is OFF stays as it is.
#
#   HEDDLE_BUILD_VARIANTS=ON   cmake --build builds the variants too; otherwise name them, or
#                              heddle-variants, which is all of them
#   HEDDLE_FLAVOURS=OFF        heddle_instrument() does nothing
#   HEDDLE_UNITY_VARIANTS=ON   the sources of a variant are compiled several at a time; they must get
#                              along in one translation unit
#
# With an installed Heddle: find_package(Heddle). From its sources: include() this file; nothing else
# of Heddle's build is needed. The compiler must be clang 14 or later with its compiler-rt. Code that is
# not instrumented has its schedule points at libc calls, and runs as one step otherwise.
cmake_policy(PUSH)
cmake_policy(VERSION 3.20...3.25)

option(HEDDLE_BUILD_VARIANTS "cmake --build builds the variants of heddle_instrument() too" OFF)

# A read is a point of its own even where a write of the same address follows in its block: another
# thread can come between the two. (heddle-cc has the same flags: sim/wrapper.)
function(heddle_flags_ kind result)
  set(all "-mllvm -tsan-instrument-read-before-write=1 -fno-omit-frame-pointer")
  if(kind STREQUAL "thread")
    set(flags "-fsanitize=thread ${all}")
  else()
    # The driver refuses address and thread together; the compiler proper takes them.
    set(flags "-fsanitize=address,undefined -fno-sanitize-recover=undefined -Xclang -fsanitize=thread ${all}")
  endif()
  set(${result} "${flags}" PARENT_SCOPE)
endfunction()

if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/HeddleRuntime.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/HeddleRuntime.cmake)
endif()

# The runtime's libraries, and in `result` the folder of the linker's files.
function(heddle_runtime_ result)
  set(prebuilt ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../heddle)
  if(NOT COMMAND heddle_runtime_targets_)
    cmake_path(SET folder NORMALIZE ${prebuilt})
    foreach(flavour det tsan asan)
      if(NOT TARGET heddle-runtime-${flavour})
        if(NOT EXISTS ${folder}/libheddle-runtime-${flavour}.a)
          message(FATAL_ERROR "Heddle: ${folder}/libheddle-runtime-${flavour}.a is missing: install Heddle again")
        endif()
        add_library(heddle-runtime-${flavour} STATIC IMPORTED GLOBAL)
        set_target_properties(heddle-runtime-${flavour} PROPERTIES
          IMPORTED_LOCATION ${folder}/libheddle-runtime-${flavour}.a)
      endif()
    endforeach()
  else()
    set(folder ${CMAKE_BINARY_DIR}/heddle-link)
    if(NOT TARGET heddle-runtime-det)
      if(NOT CMAKE_CXX_COMPILER_LOADED)
        message(FATAL_ERROR "Heddle: the runtime is C++: write project(... LANGUAGES C CXX), or install "
                            "Heddle and use find_package(Heddle), which has it prebuilt")
      endif()
      heddle_runtime_targets_()
    endif()
  endif()
  set(${result} ${folder} PARENT_SCOPE)
endfunction()

# Stops when the project's compilers cannot instrument.
function(heddle_check_compilers_ target)
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LOADED)
      continue()
    endif()
    if(NOT CMAKE_${language}_COMPILER_ID MATCHES "^(Clang|IntelLLVM)$" OR
       CMAKE_${language}_COMPILER_VERSION VERSION_LESS 14)
      message(FATAL_ERROR
        "heddle_instrument(${target}): the ${language} compiler is ${CMAKE_${language}_COMPILER_ID} "
        "${CMAKE_${language}_COMPILER_VERSION}; expected clang 14 or later. In a new build folder: "
        "cmake -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ (or -DHEDDLE_FLAVOURS=OFF, "
        "without the instrumented flavours)")
    endif()
    cmake_path(GET CMAKE_${language}_COMPILER FILENAME name)
    if(name MATCHES "^heddle-c")
      message(FATAL_ERROR
        "heddle_instrument(${target}): the ${language} compiler is ${name}, which instruments by itself; "
        "expected clang, or -DHEDDLE_FLAVOURS=OFF")
    endif()
  endforeach()
endfunction()

# The target that an alias stands for; `name` itself when it is none.
function(heddle_real_name_ name result)
  set(real ${name})
  if(TARGET "${name}")
    get_target_property(aliased "${name}" ALIASED_TARGET)
    if(aliased)
      set(real ${aliased})
    endif()
  endif()
  set(${result} "${real}" PARENT_SCOPE)
endfunction()

# The variant of `kind` (thread or address) that `user` links instead of the library `name`; `name`
# itself when it stays.
function(heddle_map_library_ name kind user with result)
  set(${result} "${name}" PARENT_SCOPE)
  heddle_real_name_("${name}" real)
  if(TARGET "${real}-${kind}")
    set(${result} "${real}-${kind}" PARENT_SCOPE)
    return()
  elseif(NOT TARGET "${real}")
    return()
  endif()
  get_target_property(imported ${real} IMPORTED)
  get_target_property(type ${real} TYPE)
  get_target_property(wanted ${real} HEDDLE_INSTRUMENT)
  get_property(plain GLOBAL PROPERTY HEDDLE_PLAIN)
  if(imported OR real IN_LIST plain OR NOT type MATCHES "LIBRARY")
    return()
  elseif(type STREQUAL "INTERFACE_LIBRARY")
    # It needs a variant if something behind it has one, or to say who compiles its sources.
    set_property(GLOBAL APPEND PROPERTY HEDDLE_PLAIN ${real})  # for a circle
    get_target_property(libraries ${real} INTERFACE_LINK_LIBRARIES)
    heddle_map_list_("${libraries}" ${kind} ${user} "${with}" mapped)
    list(REMOVE_ITEM plain ${real})
    set_property(GLOBAL PROPERTY HEDDLE_PLAIN ${plain})
    get_target_property(sources ${real} INTERFACE_SOURCES)
    if(sources OR NOT "${mapped}" STREQUAL "${libraries}")
      heddle_add_interface_(${real} ${kind} "${with}")
      set(${result} ${real}-${kind} PARENT_SCOPE)
    endif()
  elseif(DEFINED wanted AND NOT wanted STREQUAL "wanted-NOTFOUND" AND NOT wanted)
    return()
  elseif(with)
    heddle_instrument(${real} WITH_DEPENDENCIES)
    if(TARGET ${real}-${kind})
      set(${result} ${real}-${kind} PARENT_SCOPE)
    endif()
  else()
    get_property(named GLOBAL PROPERTY HEDDLE_NAMED)
    if(NOT real IN_LIST named)
      set_property(GLOBAL APPEND PROPERTY HEDDLE_NAMED ${real})
      message(STATUS "Heddle: ${user} links ${real}, which is not instrumented: heddle_instrument(${real}) "
                     "makes its operations schedule points")
    endif()
  endif()
endfunction()

# The same for a list of link items or sources, also within generator expressions.
function(heddle_map_list_ items kind user with result)
  set(mapped)
  foreach(item IN LISTS items)
    if(NOT item MATCHES "[$<>]")
      heddle_map_library_("${item}" ${kind} ${user} "${with}" item)
    else()
      set(rest "${item}")
      set(item "")
      while(rest MATCHES "^([^A-Za-z0-9_]*)([A-Za-z0-9_][A-Za-z0-9_.+-]*(::[A-Za-z0-9_.+-]+)*)(.*)$")
        set(before "${CMAKE_MATCH_1}")
        set(word "${CMAKE_MATCH_2}")
        set(rest "${CMAKE_MATCH_4}")
        if(TARGET "${word}")
          heddle_map_library_("${word}" ${kind} ${user} "${with}" word)
        endif()
        string(APPEND item "${before}${word}")
      endwhile()
      string(APPEND item "${rest}")
    endif()
    list(APPEND mapped "${item}")
  endforeach()
  set(${result} "${mapped}" PARENT_SCOPE)
endfunction()

# Sets the properties of `to` that `from` has.
function(heddle_copy_properties_ from to)
  foreach(property IN LISTS ARGN)
    get_property(is_set TARGET ${from} PROPERTY ${property} SET)
    if(is_set)
      get_property(value TARGET ${from} PROPERTY ${property})
      set_property(TARGET ${to} PROPERTY ${property} "${value}")
    endif()
  endforeach()
endfunction()

# What those that link a library get from it, but for libraries.
set_property(GLOBAL PROPERTY HEDDLE_USAGE_PROPERTIES
  INTERFACE_COMPILE_DEFINITIONS INTERFACE_COMPILE_FEATURES INTERFACE_COMPILE_OPTIONS
  INTERFACE_INCLUDE_DIRECTORIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES INTERFACE_LINK_DIRECTORIES
  INTERFACE_LINK_OPTIONS INTERFACE_PRECOMPILE_HEADERS INTERFACE_AUTOUIC_OPTIONS)
set_property(GLOBAL PROPERTY HEDDLE_COMPILE_PROPERTIES
  COMPILE_DEFINITIONS COMPILE_FEATURES COMPILE_FLAGS COMPILE_OPTIONS INCLUDE_DIRECTORIES
  NO_SYSTEM_FROM_IMPORTED PRECOMPILE_HEADERS POSITION_INDEPENDENT_CODE DEFINE_SYMBOL
  C_STANDARD C_STANDARD_REQUIRED C_EXTENSIONS C_VISIBILITY_PRESET
  CXX_STANDARD CXX_STANDARD_REQUIRED CXX_EXTENSIONS CXX_VISIBILITY_PRESET VISIBILITY_INLINES_HIDDEN
  AUTOMOC AUTOUIC AUTORCC UNITY_BUILD UNITY_BUILD_BATCH_SIZE UNITY_BUILD_MODE)
set_property(GLOBAL PROPERTY HEDDLE_LINK_PROPERTIES
  LINK_OPTIONS LINK_FLAGS LINK_DIRECTORIES LINK_DEPENDS LINKER_LANGUAGE ENABLE_EXPORTS BUILD_RPATH
  BUILD_WITH_INSTALL_RPATH INSTALL_RPATH SKIP_BUILD_RPATH PREFIX SUFFIX RUNTIME_OUTPUT_DIRECTORY
  LIBRARY_OUTPUT_DIRECTORY)

# The sources that a library's users compile: its instrumented users do. The executable of a flavour has what its
# objects compiled, and links only.
function(heddle_copy_interface_sources_ from to kind with)
  get_target_property(sources ${from} INTERFACE_SOURCES)
  if(sources)
    heddle_map_list_("${sources}" ${kind} ${from} "${with}" mapped)
    list(TRANSFORM mapped REPLACE "^(.+)$" "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:HEDDLE_LINKS_ONLY>>>:\\1>")
    set_property(TARGET ${to} PROPERTY INTERFACE_SOURCES "${mapped}")
  endif()
endfunction()

function(heddle_add_interface_ target kind with)
  add_library(${target}-${kind} INTERFACE)
  get_property(properties GLOBAL PROPERTY HEDDLE_USAGE_PROPERTIES)
  heddle_copy_properties_(${target} ${target}-${kind} ${properties})
  heddle_copy_interface_sources_(${target} ${target}-${kind} ${kind} "${with}")
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  if(libraries)
    heddle_map_list_("${libraries}" ${kind} ${target} "${with}" mapped)
    set_property(TARGET ${target}-${kind} PROPERTY INTERFACE_LINK_LIBRARIES "${mapped}")
  endif()
endfunction()

# The sources of `target`, for a target of another folder too: with their own properties.
function(heddle_copy_sources_ target variant kind with)
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(own_folder ${variant} SOURCE_DIR)
  set(result)
  foreach(source IN LISTS sources)
    if(source MATCHES "[$<>]")
      heddle_map_list_("${source}" ${kind} ${target} "${with}" source)
    elseif(source AND NOT source MATCHES "^::@")
      cmake_path(IS_ABSOLUTE source is_absolute)
      if(NOT is_absolute)
        # As CMake looks for it: in the source folder, then where it may be generated.
        set(given ${source})
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
        if(NOT EXISTS ${source})
          get_target_property(binary ${target} BINARY_DIR)
          cmake_path(ABSOLUTE_PATH given BASE_DIRECTORY ${binary} NORMALIZE OUTPUT_VARIABLE there)
          get_source_file_property(generated ${there} TARGET_DIRECTORY ${target} GENERATED)
          if(generated OR EXISTS ${there})
            set(source ${there})
          endif()
        endif()
      endif()
      if(NOT folder STREQUAL own_folder)
        foreach(property COMPILE_DEFINITIONS COMPILE_FLAGS COMPILE_OPTIONS INCLUDE_DIRECTORIES LANGUAGE
                         HEADER_FILE_ONLY GENERATED OBJECT_DEPENDS SKIP_UNITY_BUILD_INCLUSION
                         SKIP_PRECOMPILE_HEADERS)
          get_source_file_property(value ${source} TARGET_DIRECTORY ${target} ${property})
          if(value AND NOT value STREQUAL "NOTFOUND")
            set_source_files_properties(${source} TARGET_DIRECTORY ${variant} PROPERTIES ${property} "${value}")
            if(property STREQUAL "GENERATED")
              add_dependencies(${variant} ${target})  # which knows how
            endif()
          endif()
        endforeach()
      endif()
    endif()
    list(APPEND result "${source}")
  endforeach()
  set_property(TARGET ${variant} PROPERTY SOURCES "${result}")
endfunction()

# Makes the library `variant` what `target` is now, compiled for `kind`.
function(heddle_fill_variant_ target variant kind with)
  get_target_property(type ${target} TYPE)
  heddle_copy_sources_(${target} ${variant} ${kind} "${with}")
  get_property(compile GLOBAL PROPERTY HEDDLE_COMPILE_PROPERTIES)
  get_property(usage GLOBAL PROPERTY HEDDLE_USAGE_PROPERTIES)
  heddle_copy_properties_(${target} ${variant} ${compile} ${usage})
  heddle_copy_interface_sources_(${target} ${variant} ${kind} "${with}")
  # Headers that another target precompiled: its variant precompiles them with the variant's flags.
  get_target_property(shared ${target} PRECOMPILE_HEADERS_REUSE_FROM)
  if(shared)
    heddle_real_name_(${shared} shared)
    heddle_instrument(${shared})
    set(suffix "")
    if(TARGET ${shared}-${kind}-objects)
      set(suffix "-objects")
    endif()
    set_property(TARGET ${variant} PROPERTY PRECOMPILE_HEADERS_REUSE_FROM ${shared}-${kind}${suffix})
  endif()
  heddle_flags_(${kind} flags)
  heddle_runtime_(folder)
  string(APPEND flags " -imacros \"${folder}/weak_exchange.h\"")
  # With lines, also without a build type; the target's own -g1 or -g3 comes behind and holds.
  get_target_property(options ${variant} COMPILE_OPTIONS)
  if(NOT options)
    set(options)
  endif()
  set_property(TARGET ${variant} PROPERTY COMPILE_OPTIONS "$<$<COMPILE_LANGUAGE:C,CXX>:-g>" ${options}
    "$<$<COMPILE_LANGUAGE:C,CXX>:SHELL:${flags}>")
  if(type MATCHES "SHARED|MODULE")
    set_property(TARGET ${variant} PROPERTY POSITION_INDEPENDENT_CODE ON)
    get_target_property(symbol ${target} DEFINE_SYMBOL)
    if(NOT symbol)
      string(MAKE_C_IDENTIFIER "${target}_EXPORTS" symbol)
    endif()
    set_property(TARGET ${variant} APPEND PROPERTY COMPILE_DEFINITIONS ${symbol})
  endif()
  get_target_property(libraries ${target} LINK_LIBRARIES)
  get_target_property(interface ${target} INTERFACE_LINK_LIBRARIES)
  if(libraries)
    heddle_map_list_("${libraries}" ${kind} ${target} "${with}" mapped)
    set_property(TARGET ${variant} PROPERTY LINK_LIBRARIES "${mapped}")
  endif()
  if(NOT interface)
    set(interface)
  endif()
  # What a shared library keeps to itself, a static one leaves to whom it is linked to.
  if(type MATCHES "SHARED" AND libraries)
    foreach(library IN LISTS libraries)
      if(NOT library IN_LIST interface AND NOT library MATCHES "[$<>]|^-|^::@")
        list(APPEND interface "$<LINK_ONLY:${library}>")
      endif()
    endforeach()
  endif()
  if(interface)
    heddle_map_list_("${interface}" ${kind} ${target} "${with}" mapped)
    set_property(TARGET ${variant} PROPERTY INTERFACE_LINK_LIBRARIES "${mapped}")
  endif()
  get_target_property(dependencies ${target} MANUALLY_ADDED_DEPENDENCIES)
  if(dependencies)
    add_dependencies(${variant} ${dependencies})
  endif()
endfunction()

# Makes the executable (or MODULE library) of a flavour what `target` is now.
#
# The runtime comes behind the program's objects and the libraries that these name, as libc does: of
# two definitions of one symbol the first counts (-z muldefs), so a program's own `send` stays its own.
# main() may come from a library (GoogleTest's), which is read before the runtime asks for it.
function(heddle_fill_flavour_ target flavour objects)
  set(built ${target}-${flavour})
  get_target_property(type ${target} TYPE)
  get_property(properties GLOBAL PROPERTY HEDDLE_LINK_PROPERTIES)
  heddle_copy_properties_(${target} ${built} ${properties})
  set_property(TARGET ${built} PROPERTY HEDDLE_LINKS_ONLY ON)
  get_target_property(name ${target} OUTPUT_NAME)
  if(name)
    set_property(TARGET ${built} PROPERTY OUTPUT_NAME ${name}-${flavour})
  endif()
  heddle_runtime_(folder)
  get_target_property(libraries ${objects} LINK_LIBRARIES)
  if(NOT libraries)
    set(libraries)
  endif()
  set(options)
  if(flavour STREQUAL "tsan")
    set(options -fsanitize=thread)
  elseif(flavour STREQUAL "asan")
    set(options -fsanitize=address,undefined)
  endif()
  set(files)
  if(type STREQUAL "EXECUTABLE")
    set(wraps ${folder}/wrap.txt)
    if(flavour STREQUAL "tsan")
      set(wraps ${folder}/wrap-tsan.txt)
    endif()
    set(files ${wraps} ${folder}/exports.txt $<TARGET_FILE:heddle-runtime-${flavour}>)
    if(options)
      list(APPEND options -fsanitize-link-c++-runtime)
    endif()
    list(APPEND options -Wl,@${wraps} -Wl,--dynamic-list=${folder}/exports.txt -Wl,-z,muldefs
                        -Wl,--undefined=main)
    list(APPEND libraries -Wl,--whole-archive $<TARGET_FILE:heddle-runtime-${flavour}>
                          -Wl,--no-whole-archive -lstdc++ -lm)
    add_dependencies(${built} heddle-runtime-${flavour})
  else()
    # The executable that loads it has the runtime.
    set(files ${folder}/wrap-shared.txt)
    if(flavour STREQUAL "tsan")
      list(APPEND files ${folder}/wrap-shared-tsan.txt)
    endif()
    list(TRANSFORM files PREPEND "-Wl,@" OUTPUT_VARIABLE wraps)
    list(APPEND options ${wraps} -Wl,-z,undefs)
  endif()
  set_property(TARGET ${built} APPEND PROPERTY LINK_LIBRARIES ${objects} ${libraries})
  set_property(TARGET ${built} APPEND PROPERTY LINK_OPTIONS ${options})
  set_property(TARGET ${built} APPEND PROPERTY LINK_DEPENDS ${files})
endfunction()

# When the project has been read: fills the variants, and those that turn out to be needed.
function(heddle_finish_)
  get_property(targets GLOBAL PROPERTY HEDDLE_PENDING)
  while(targets)
    set_property(GLOBAL PROPERTY HEDDLE_PENDING)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      get_property(with GLOBAL PROPERTY HEDDLE_WITH_${target})
      set(suffix "")
      if(type MATCHES "EXECUTABLE|MODULE")
        set(suffix "-objects")
      endif()
      foreach(kind thread address)
        heddle_fill_variant_(${target} ${target}-${kind}${suffix} ${kind} "${with}")
      endforeach()
      if(suffix)
        heddle_fill_flavour_(${target} det ${target}-thread-objects)
        heddle_fill_flavour_(${target} tsan ${target}-thread-objects)
        heddle_fill_flavour_(${target} asan ${target}-address-objects)
      endif()
    endforeach()
    get_property(targets GLOBAL PROPERTY HEDDLE_PENDING)
  endwhile()
  set_property(GLOBAL PROPERTY HEDDLE_FINISH_COMES FALSE)
endfunction()

function(heddle_instrument target)
  if(DEFINED HEDDLE_FLAVOURS AND NOT HEDDLE_FLAVOURS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "WITH_DEPENDENCIES" "" "")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "heddle_instrument(${target}): unknown argument ${arg_UNPARSED_ARGUMENTS}; expected "
                        "WITH_DEPENDENCIES, or one call for each target")
  endif()
  if(NOT TARGET ${target})
    message(FATAL_ERROR "heddle_instrument(${target}): there is no such target (yet)")
  endif()
  heddle_real_name_(${target} target)
  get_target_property(imported ${target} IMPORTED)
  get_target_property(type ${target} TYPE)
  if(imported OR NOT type MATCHES "LIBRARY|EXECUTABLE")
    message(FATAL_ERROR "heddle_instrument(${target}): expected an executable or a library that this "
                        "project builds")
  endif()
  if(TARGET ${target}-thread OR TARGET ${target}-thread-objects)
    return()
  endif()
  heddle_check_compilers_(${target})
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()  # it gets variants where it is linked
  endif()
  if(NOT TARGET heddle-variants)
    add_custom_target(heddle-variants)
  endif()
  set(suffix "")
  set(variant_type STATIC)
  if(type MATCHES "EXECUTABLE|MODULE")
    set(suffix "-objects")
    set(variant_type OBJECT)
  elseif(type STREQUAL "OBJECT_LIBRARY")
    set(variant_type OBJECT)
  endif()
  foreach(kind thread address)
    add_library(${target}-${kind}${suffix} ${variant_type} EXCLUDE_FROM_ALL)
    if(HEDDLE_UNITY_VARIANTS)
      set_target_properties(${target}-${kind}${suffix} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    endif()
  endforeach()
  if(suffix)
    heddle_runtime_(folder)
    foreach(flavour det tsan asan)
      set(kind thread)
      if(flavour STREQUAL "asan")
        set(kind address)
      endif()
      if(type STREQUAL "EXECUTABLE")
        add_executable(${target}-${flavour} $<TARGET_OBJECTS:${target}-${kind}-objects>)
      else()
        add_library(${target}-${flavour} MODULE $<TARGET_OBJECTS:${target}-${kind}-objects>)
      endif()
      if(NOT HEDDLE_BUILD_VARIANTS)
        set_property(TARGET ${target}-${flavour} PROPERTY EXCLUDE_FROM_ALL ON)
      endif()
      add_dependencies(heddle-variants ${target}-${flavour})
    endforeach()
  endif()
  set_property(GLOBAL APPEND PROPERTY HEDDLE_PENDING ${target})
  set_property(GLOBAL PROPERTY HEDDLE_WITH_${target} ${arg_WITH_DEPENDENCIES})
  get_property(comes GLOBAL PROPERTY HEDDLE_FINISH_COMES)
  if(NOT comes)
    set_property(GLOBAL PROPERTY HEDDLE_FINISH_COMES TRUE)
    cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL heddle_finish_)
  endif()
endfunction()

cmake_policy(POP)
