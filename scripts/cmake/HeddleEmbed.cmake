# heddle_write_text(OUTPUT HEADER NAMESPACE FUNCTION TEXT)
# Writes TEXT down as C++: `std::string FUNCTION()`, which HEADER declares in NAMESPACE. For scripts
# (cmake -P) that a build runs.
function(heddle_write_text output header namespace function text)
  # A literal has a length that every compiler takes; the pieces are joined when it is asked for.
  # Each ends with a line, so that no character is cut.
  set(pieces "")
  string(LENGTH "${text}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(FIND "${piece}" "\n" end REVERSE)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${piece}" 0 ${end} piece)
    string(APPEND pieces "  text += R\"__heddle(${piece})__heddle\";\n")
    math(EXPR at "${at} + ${end}")
  endwhile()
  file(WRITE ${output}
    "#include \"${header}\"\n\nnamespace ${namespace} {\n\nstd::string ${function}() {\n"
    "  std::string text;\n${pieces}  return text;\n}\n\n}  // namespace ${namespace}\n")
endfunction()
