# The runtime from its sources: the libraries heddle-runtime-det, -tsan and -asan, and the files that
# link them, in `heddle-link` of the build folder. An installed Heddle has both prebuilt.

# The linker's arguments, in files: which calls of the program's objects are led to the kernel
# (--wrap), and which of the kernel's definitions shared libraries must see (--dynamic-list).
function(heddle_write_linker_files_)
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../.. ABSOLUTE)
  set(interpose ${root}/sim/runtime/interpose)
  set(common main __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort memcpy memmove memset)
  file(STRINGS ${interpose}/operator_new.inc lines REGEX "^HEDDLE_(NEW|DELETE)\\(")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^HEDDLE_[A-Z]+\\(([A-Za-z0-9_]+),.*" "\\1" symbol "${line}")
    list(APPEND common ${symbol})
  endforeach()
  # The sanitizers' own system calls (interpose/sanitizer_calls.cc).
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${interpose}/sanitizer_calls.cc)
  file(STRINGS ${interpose}/sanitizer_calls.cc lines REGEX "^HEDDLE_SANITIZER_CALL\\(\"")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[^\"]*\"([^\"]*)\".*" "\\1" symbol "${line}")
    list(APPEND common ${symbol})
  endforeach()
  set(thread __tsan_atomic_thread_fence __tsan_vptr_update __tsan_vptr_read __tsan_memcpy
             __tsan_memmove __tsan_memset __tsan_acquire __tsan_release AnnotateHappensBefore
             AnnotateHappensAfter WTFAnnotateHappensBefore WTFAnnotateHappensAfter)
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
  # ThreadSanitizer's own (core/tsan_reports.h).
  set(reports _ZN11__sanitizer26GetThreadStackTopAndBottomEbPmS0_
              _ZN11__sanitizer18BufferedStackTrace10UnwindImplEmmPvbj)
  # Of shared libraries: the runtime leads their calls of operator new by itself.
  set(shared __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort memcpy memmove memset)
  foreach(names common thread reports shared)
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
  configure_file(${root}/sim/runtime/weak_exchange.h ${directory}/weak_exchange.h COPYONLY)
  file(CONFIGURE OUTPUT ${directory}/wrap.txt CONTENT "${common_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-tsan.txt CONTENT "${common_text}\n${thread_text}\n${reports_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-shared.txt CONTENT "${shared_text}\n")
  file(CONFIGURE OUTPUT ${directory}/wrap-shared-tsan.txt CONTENT "${thread_text}\n")
  file(CONFIGURE OUTPUT ${directory}/exports.txt CONTENT "{\n${exports}};\n")
endfunction()

# The runtime, once for each flavour. Linked whole, so that every definition is there.
function(heddle_runtime_targets_)
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../.. ABSOLUTE)
  heddle_write_linker_files_()
  set(runtime ${root}/sim/runtime)
  find_program(HEDDLE_GNU_LD NAMES ld.bfd x86_64-linux-gnu-ld.bfd)
  if(NOT HEDDLE_GNU_LD OR NOT CMAKE_OBJCOPY)
    message(FATAL_ERROR "Heddle: the runtime's libraries require GNU ld and objcopy (Debian: binutils)")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${runtime}/core/*.cc ${runtime}/interpose/*.cc ${runtime}/serve/*.cc
       ${runtime}/strategies/*.cc ${root}/sim/protocol/*.cc)
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
  # A test defines its functions anew.
  set_source_files_properties(${runtime}/core/weak_memory.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  foreach(flavour det tsan asan)
    string(TOUPPER ${flavour} upper)
    add_library(heddle-runtime-${flavour} STATIC EXCLUDE_FROM_ALL ${sources})
    target_compile_features(heddle-runtime-${flavour} PRIVATE cxx_std_20)
    target_include_directories(heddle-runtime-${flavour} PRIVATE ${root})
    target_compile_definitions(heddle-runtime-${flavour} PRIVATE HEDDLE_FLAVOUR_${upper})
    set_target_properties(heddle-runtime-${flavour} PROPERTIES
      ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/heddle-link)
    # Nothing of the kernel is instrumented, and no function may keep a canary behind FS. Debuggers
    # read its state (debug.py), whatever the build type and the project's flags.
    target_compile_options(heddle-runtime-${flavour} PRIVATE
      -O2 -g -mcx16 -fno-sanitize=all -fno-stack-protector -fno-omit-frame-pointer -fPIE -Wall -Wextra
      -fexceptions -frtti -fno-lto -fno-short-enums -U_FORTIFY_SOURCE
      "SHELL:-include ${runtime}/interpose/plain_memory.h")
    if(NOT DEFINED HEDDLE_UNITY OR HEDDLE_UNITY)
      set_target_properties(heddle-runtime-${flavour} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    endif()
    add_custom_command(TARGET heddle-runtime-${flavour} POST_BUILD VERBATIM
      COMMAND ${CMAKE_COMMAND} -DARCHIVE=$<TARGET_FILE:heddle-runtime-${flavour}> -DLINKER=${HEDDLE_GNU_LD}
              -DNM=${CMAKE_NM} -DOBJCOPY=${CMAKE_OBJCOPY} -DAR=${CMAKE_AR}
              -P ${root}/sim/cmake/HeddleOwnSymbols.cmake)
  endforeach()
endfunction()
