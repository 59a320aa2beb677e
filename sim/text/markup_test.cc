#include "sim/text/markup.h"

#include <gtest/gtest.h>

#include <string>

namespace heddle::sim {
namespace {

TEST(ShellWord, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellWord("out/crash-1f.schedule.json"), "out/crash-1f.schedule.json");
  EXPECT_EQ(ShellWord("a b;$(id)"), "'a b;$(id)'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

TEST(EscapeForMarkdown, LeavesNamesAndPlacesReadable) {
  for (const std::string text :
       {"Store::OnBlock (fork_choice.cc:210)", "died of signal 6 (Aborted)", "a - b + c = d > e",
        "waits, mutex-lock 0x5555; holds mutex 0x6666", "1.5 s"}) {
    EXPECT_EQ(EscapeForMarkdown(text), text.substr(0, 2) == "1." ? "1\\.5 s" : text);
  }
}

TEST(EscapeForMarkdown, TakesMarkupsMeaning) {
  EXPECT_EQ(EscapeForMarkdown("a|b<script>`*[x](y)"), "a\\|b&lt;script>\\`\\*\\[x\\](y)");
  EXPECT_EQ(EscapeForMarkdown("_a_ b_c ~x~ $y$ &lt; @you #1"),
            "\\_a\\_ b_c \\~x\\~ \\$y\\$ &amp;lt; \\@you \\#1");
  EXPECT_EQ(EscapeForMarkdown("# a\n- b\n| c"), "\\# a - b \\| c");
  EXPECT_EQ(EscapeForMarkdown("    - indented"), "\\- indented");
  EXPECT_EQ(EscapeForMarkdown("> quote"), "\\> quote");
  EXPECT_EQ(EscapeForMarkdown("12. item"), "12\\. item");
  EXPECT_EQ(EscapeForMarkdown("see https://host/x"), "see https\\://host/x");
  EXPECT_EQ(EscapeForMarkdown("\\[x](y)"), "\\\\\\[x\\](y)");
  EXPECT_EQ(EscapeForMarkdown("\x1b[31m"), "\\\\x1b\\[31m");
}

TEST(EscapeForXml, LeavesNoMarkup) {
  EXPECT_EQ(EscapeForXml("<a b=\"c\" d='e'>&\n"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;&#10;");
  EXPECT_EQ(EscapeForXml("\x01\xff\xEF\xBF\xBF"), "\\x01\\xff\\xef\\xbf\\xbf");
}

TEST(MarkdownCodeBlock, IsNotEndedByItsText) {
  EXPECT_EQ(MarkdownCodeBlock("a\x1b\n"), "```text\na\\x1b\n```\n");
  EXPECT_EQ(MarkdownCodeBlock("```\n<b>"), "````text\n```\n<b>\n````\n");
}

TEST(MarkdownCodeSpan, IsNotEndedByItsText) {
  EXPECT_EQ(MarkdownCodeSpan("./queue-det --n 4"), "`./queue-det --n 4`");
  EXPECT_EQ(MarkdownCodeSpan("a`b\n# c"), "``a`b\\x0a# c``");
  EXPECT_EQ(MarkdownCodeSpan("``"), "``` `` ```");
  EXPECT_EQ(MarkdownCodeSpan(""), "`  `");
}

}  // namespace
}  // namespace heddle::sim
