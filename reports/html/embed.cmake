# cmake -DFOLDER=reports/html -DOUTPUT=assets.cc -P embed.cmake
# Puts style and scripts into the page and writes it down as C++.
include(${CMAKE_CURRENT_LIST_DIR}/../../scripts/cmake/HeddleEmbed.cmake)
file(READ ${FOLDER}/page.html page)
foreach(name page.css dom.js timeline.js chains.js curves.js page.js)
  file(READ ${FOLDER}/${name} text)
  string(REPLACE "@@${name}@@" "${text}" page "${page}")
endforeach()
heddle_write_text(${OUTPUT} reports/html_assets.h heddle::reports PageTemplate "${page}")
