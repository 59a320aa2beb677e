#include "sim/text/printable.h"

#include <string>

#include "gtest/gtest.h"

namespace heddle::sim {
namespace {

TEST(Printable, KeepsText) {
  EXPECT_EQ(Printable("a \"b\" \\ c"), "a \"b\" \\ c");
  EXPECT_EQ(Printable("grün 網 🙂"), "grün 網 🙂");
  EXPECT_EQ(Printable(""), "");
}

TEST(Printable, EscapesWhatMovesATerminal) {
  EXPECT_EQ(Printable("\x1b[31mred\x1b]0;title\x07"), "\\x1b[31mred\\x1b]0;title\\x07");
  EXPECT_EQ(Printable("a\rb\nc\td\x7f"), "a\\x0db\\x0ac\\x09d\\x7f");
  EXPECT_EQ(Printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Printable("\u009b31m"), "\\xc2\\x9b31m");  // the one-character form of ESC [
}

TEST(Printable, EscapesWhatTurnsTheDirection) {
  EXPECT_EQ(Printable("\u202egnp.exe\u2069"), "\\xe2\\x80\\xaegnp.exe\\xe2\\x81\\xa9");
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(Printable("\xc0\x9b"), "\\xc0\\x9b");           // overlong ESC
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(Printable("\xe7\xb6"), "\\xe7\\xb6");  // cut short
}

TEST(PrintableLines, KeepsLineBreaksAndTabs) {
  EXPECT_EQ(PrintableLines("a\n\tb\r\n\x1b[2J"), "a\n\tb\\x0d\n\\x1b[2J");
}

}  // namespace
}  // namespace heddle::sim
