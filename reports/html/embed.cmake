# cmake -DFOLDER=reports/html -DOUTPUT=assets.cc -P embed.cmake
# Puts style and scripts into the page and writes it down as C++.
file(READ ${FOLDER}/page.html page)
foreach(name page.css dom.js timeline.js chains.js curves.js page.js)
  file(READ ${FOLDER}/${name} text)
  string(REPLACE "@@${name}@@" "${text}" page "${page}")
endforeach()
# A literal has a length that every compiler takes; the pieces are joined when it is asked for. Each
# ends with a line, so that no character is cut.
set(pieces "")
string(LENGTH "${page}" length)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${page}" ${at} 8000 piece)
  string(FIND "${piece}" "\n" end REVERSE)
  math(EXPR end "${end} + 1")
  string(SUBSTRING "${piece}" 0 ${end} piece)
  string(APPEND pieces "  page += R\"__heddle(${piece})__heddle\";\n")
  math(EXPR at "${at} + ${end}")
endwhile()
file(WRITE ${OUTPUT}
  "#include \"reports/html_assets.h\"\n\nnamespace heddle::reports {\n\nstd::string PageTemplate() {\n"
  "  std::string page;\n${pieces}  return page;\n}\n\n}  // namespace heddle::reports\n")
