# Declares Heddle's own targets. Other projects use sim/cmake/HeddleInstrument.cmake.

add_library(heddle_warnings INTERFACE)
# A designated initialiser may leave out members: they keep their defaults.
target_compile_options(heddle_warnings INTERFACE
  -Wall -Wextra -Werror -Wno-missing-field-initializers
  # g++ 12 is wrong about "..." + std::string (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
add_library(heddle_includes INTERFACE)
target_include_directories(heddle_includes INTERFACE ${PROJECT_SOURCE_DIR})

# The headers that most files include are compiled once: for the product, for each kind of its instrumented
# variants, and for what is not optimised. g++ and clang-tidy compile each file with what it includes itself, so
# CI notices an include that is missing.
if(HEDDLE_PRECOMPILE)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "")
  foreach(name heddle_precompiled heddle_precompiled_unoptimized)
    add_library(${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cc)
    target_precompile_headers(${name} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)
    target_link_libraries(${name} PRIVATE nlohmann_json::nlohmann_json absl::strings heddle_warnings)
  endforeach()
  target_compile_options(heddle_precompiled_unoptimized PRIVATE -O0 -g1)
  target_precompile_headers(heddle_precompiled_unoptimized PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(heddle_precompiled_unoptimized PRIVATE GTest::gmock)
endif()

# heddle_precompile_(TARGET PRECOMPILED)
function(heddle_precompile_ target precompiled)
  if(HEDDLE_PRECOMPILE)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "\\.c$")
    set_source_files_properties(${sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    target_precompile_headers(${target} REUSE_FROM ${precompiled})
  endif()
endfunction()

# Not optimised and with line numbers only, which halves the time to compile: tests, and code that runs once.
function(heddle_unoptimized_ target)
  target_compile_options(${target} PRIVATE -O0 -g1)
  heddle_precompile_(${target} heddle_precompiled_unoptimized)
endfunction()

# heddle_library(NAME [POSITION_INDEPENDENT] SOURCES a.cc... [DEPS libs...])
# A static library; headers are included from the repository's root ("src/ssz/hash.h"). Its files are
# compiled several at a time (HEDDLE_UNITY): one that cannot share a translation unit with the others
# has the property SKIP_UNITY_BUILD_INCLUSION.
function(heddle_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "POSITION_INDEPENDENT" "" "SOURCES;DEPS")
  add_library(${name} STATIC ${arg_SOURCES})
  if(HEDDLE_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
  if(arg_POSITION_INDEPENDENT)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)  # the precompiled headers are not
  else()
    heddle_precompile_(${name} heddle_precompiled)
  endif()
  target_link_libraries(${name} PUBLIC heddle_includes ${arg_DEPS} PRIVATE heddle_warnings)
endfunction()

# heddle_tool_code(NAME...)
# For what runs outside of programs under test and does not decide how fast a campaign is: the command line,
# reports, scenarios. Compiled with few optimisations and with line numbers only, which takes a third of the
# time off.
function(heddle_tool_code)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1> -g1)
  endforeach()
endfunction()

# heddle_executable(NAME SOURCES a.cc... [DEPS libs...])
function(heddle_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_executable(${name} ${arg_SOURCES})
  if(HEDDLE_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
  target_link_libraries(${name} PRIVATE heddle_includes heddle_warnings ${arg_DEPS})
endfunction()

# heddle_test(NAME SOURCES a_test.cc... [DEPS libs...] [LABELS l...] [TIMEOUT seconds])
# A GoogleTest binary; every TEST becomes a CTest test. Test code is not optimised and has line numbers only,
# which halves the time to compile it; the libraries under test are.
function(heddle_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPS;LABELS")
  add_executable(${name} ${arg_SOURCES})
  heddle_unoptimized_(${name})
  target_link_libraries(${name} PRIVATE heddle_includes heddle_warnings ${arg_DEPS} GTest::gmock_main)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    list(APPEND properties LABELS "${arg_LABELS}")
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTIES ${properties})
endfunction()
