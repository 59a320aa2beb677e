# Gives the runtime's library ARCHIVE copies of its own of the inline functions and templates that it is made
# of: cmake -DARCHIVE=... -DLINKER=... -DNM=... -DOBJCOPY=... -DAR=... -P HeddleOwnSymbols.cmake
#
# A linker keeps one definition of std::vector<unsigned>::resize(), the first that it meets: the program's,
# which is instrumented. The runtime must not run it. Its accesses would be the program's: points inside the
# kernel, and in tsan races that nobody has written.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed ERROR_VARIABLE error OUTPUT_VARIABLE output)
  if(failed)
    list(JOIN ARGN " " command)
    file(REMOVE ${ARCHIVE})
    message(FATAL_ERROR "Heddle: ${command}: ${failed}\n${error}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Those that several objects may define, by name. Not _ZTW..., which only find thread-local variables.
function(shared_symbols result)
  run(${NM} --defined-only ${ARCHIVE})
  string(REGEX MATCHALL " W _Z[^T\n][^\n]*" symbols "${output}")
  list(TRANSFORM symbols REPLACE "^ W " "")
  list(REMOVE_DUPLICATES symbols)
  set(${result} "${symbols}" PARENT_SCOPE)
endfunction()

shared_symbols(symbols)
list(JOIN symbols "\n" text)
file(WRITE ${ARCHIVE}.symbols "${text}\n")
# One object, in which no section is shared with others of the same name.
run(${LINKER} -r --force-group-allocation -o ${ARCHIVE}.o --whole-archive ${ARCHIVE})
run(${OBJCOPY} --localize-symbols=${ARCHIVE}.symbols ${ARCHIVE}.o)
file(REMOVE ${ARCHIVE})
run(${AR} rcs ${ARCHIVE} ${ARCHIVE}.o)
file(REMOVE ${ARCHIVE}.o ${ARCHIVE}.symbols)
shared_symbols(symbols)
if(symbols)
  file(REMOVE ${ARCHIVE})
  message(FATAL_ERROR "Heddle: ${ARCHIVE} shares functions with programs: ${symbols}")
endif()
