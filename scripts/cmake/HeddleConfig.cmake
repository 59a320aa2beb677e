# find_package(Heddle): heddle_instrument(target).
include(${CMAKE_CURRENT_LIST_DIR}/HeddleInstrument.cmake)
set(HEDDLE_EXECUTABLE ${CMAKE_CURRENT_LIST_DIR}/../../../bin/heddle)
# Public headers, for programs that call Heddle's functions (heddle/runtime.h).
if(NOT TARGET Heddle::headers)
  add_library(Heddle::headers INTERFACE IMPORTED)
  set_target_properties(Heddle::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_LIST_DIR}/../../../include)
endif()
