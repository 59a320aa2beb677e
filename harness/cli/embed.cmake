# cmake -DFILE=sim/supervisor/debug.py -DOUTPUT=debug_script.cc -P embed.cmake
# Writes gdb's commands down as C++.
include(${CMAKE_CURRENT_LIST_DIR}/../../scripts/cmake/HeddleEmbed.cmake)
file(READ ${FILE} text)
heddle_write_text(${OUTPUT} harness/cli/debug_script.h heddle::cli DebugScript "${text}")
