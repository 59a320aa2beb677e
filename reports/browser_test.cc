// The page in a real browser, headless: it draws itself without an error, loads nothing, and holds
// 100,000 steps. Skipped where no browser is installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "reports/html.h"

namespace heddle::reports {
namespace {

using sim::OpKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint32_t kSteps = 100'000;
constexpr size_t kMaxPageBytes = 20'000'000;

std::string FindBrowser() {
  const char* path = std::getenv("PATH");
  for (const char* name :
       {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
    for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
      const std::string candidate = absl::StrCat(folder, "/", name);
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
  }
  return "";
}

// Three threads that lock, allocate and load, in runs of pseudo-random length.
sim::OperationLog LongLog() {
  constexpr OpKind kKinds[] = {OpKind::kMutexLock,  OpKind::kAllocate, OpKind::kAtomicStore,
                               OpKind::kAtomicLoad, OpKind::kFree,     OpKind::kMutexUnlock};
  sim::OperationLog log;
  for (int i = 0; i < 500; ++i) {
    log.frames.push_back({absl::StrCat("ns::Class", i, "::Method(int)"), "/p/file.cc", i + 1, 1});
  }
  log.stacks = {{}};
  for (uint32_t i = 0; i < 500; ++i) log.stacks.push_back({i, (i * 7) % 500, (i * 13) % 500});
  sim::Random random(1);
  uint32_t thread = 0;
  for (uint32_t i = 0; i < kSteps; ++i) {
    if (random.Below(8) == 0) thread = random.Below(3);
    log.operations.push_back({.kind = kKinds[i % std::size(kKinds)],
                              .thread = thread,
                              .object = 4 + random.Below(300),
                              .stack = 1 + random.Below(500),
                              .virtual_ns = int64_t{i} * 1000});
  }
  return log;
}

class BrowserTest : public testing::Test {
 protected:
  BrowserTest() : folder_(testing::TempDir() + absl::StrCat("heddle_browser_", getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~BrowserTest() override { std::filesystem::remove_all(folder_); }

  // The page's document once its script has run, and `script` behind it. `address` is what follows
  // the page's name: "#...".
  std::string Open(const std::string& page, const std::string& address = "",
                   const std::string& script = "") const {
    std::ofstream(folder_ + "/page.html") << page << "<script>" << script << "</script>";
    const std::string command = absl::StrCat(
        "'", browser_, "' --headless --no-sandbox --disable-gpu --window-size=1400,1000 ",
        "--user-data-dir='", folder_, "/profile' --dump-dom 'file://", folder_, "/page.html",
        address, "' 2>/dev/null");
    std::string document;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return document;
    char buffer[65536];
    for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
      document.append(buffer, got);
    }
    pclose(pipe);
    return document;
  }

  const std::string folder_;
  const std::string browser_ = FindBrowser();
};

constexpr char kShort[] = "a.schedule.json";
constexpr char kShrunk[] = "a-shrunk/finding.schedule.json";

// A deadlock of two threads, and the page of it.
std::string DeadlockPage(sim::ReplayVerdict verdict = {}, bool shrunk = false) {
  sim::OperationLog log;
  log.frames = {{.function = "First::Run()", .file = "/p/a.cc", .line = 3, .own = true},
                {.function = "Second::Run()", .file = "/p/b.cc", .line = 7, .own = true}};
  log.stacks = {{}, {0}, {1}};
  const auto add = [&](OpKind kind, uint32_t thread, sim::ObjectId object, uint64_t address) {
    log.operations.push_back(
        {.kind = kind, .thread = thread, .object = object, .stack = thread, .address = address});
  };
  add(OpKind::kAtomicStore, 1, 9, 0x900);
  add(OpKind::kMutexLock, 1, 4, 0x100);
  add(OpKind::kMutexLock, 2, 5, 0x200);
  log.names = {{4, "queue"}, {5, "index"}};
  log.verdict = std::move(verdict);
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.source = "Heddle";
  finding.dedup_key = "0123456789abcdef";
  finding.schedule = kShort;
  const auto stack = [&](const char* title, const char* thread, size_t frame, int line) {
    finding.stacks.push_back({.title = title, .thread = thread, .frames = {log.frames[frame]}});
    finding.stacks.back().frames[0].line = line;
  };
  stack("waits, mutex-lock 0x200 held by thread 2; holds mutex 0x100", "T1", 0, 4);
  stack("waits, mutex-lock 0x100 held by thread 1; holds mutex 0x200", "T2", 1, 8);
  stack("took the mutex 0x100", "T1", 0, 3);
  stack("took the mutex 0x200", "T2", 1, 7);
  CellResult cell;
  cell.findings = {finding};
  ScenarioResult result;
  result.name = "queue";
  result.path = "./queue-det";
  result.is_program = true;
  result.cells = {cell};
  std::map<std::string, Timeline> timelines;
  timelines[kShort] = MakeTimeline(log, {}, "det", {finding});
  PageOptions options;
  if (shrunk) {
    timelines[kShrunk] = timelines[kShort];
    options.shrunk[kShort] = kShrunk;
  }
  return RenderHtml({result}, timelines, options);
}

TEST_F(BrowserTest, SaysWhatWentWrongAndMarksIt) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  const std::string document = Open(DeadlockPage());
  EXPECT_THAT(document, Not(HasSubstr("data-error")));
  EXPECT_THAT(document, HasSubstr("<h2>deadlock: T1 First holds queue #4 (a.cc:3) and waits for "
                                  "index #5 (a.cc:4); T2 Second holds"));
  EXPECT_THAT(document, HasSubstr("href=\"vscode://file/p/a.cc:4:1\""));
  EXPECT_THAT(document, HasSubstr("wants queue #4"));
  EXPECT_THAT(document, HasSubstr("<th scope=\"col\">program</th>"));
  EXPECT_THAT(document, HasSubstr("heddle replay a.schedule.json --program ./queue-det"));
}

TEST_F(BrowserTest, TheShrunkScheduleIsShownFirst) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  const std::string page = DeadlockPage({}, /*shrunk=*/true);
  EXPECT_THAT(Open(page), HasSubstr("aria-pressed=\"true\">Shrunk · 3 steps"));
  EXPECT_THAT(Open(page, "#f-0123456789abcdef/1/found"),
              HasSubstr("aria-pressed=\"true\">As found · 3 steps"));
}

TEST_F(BrowserTest, TheAddressNamesTheStep) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  const std::string document = Open(DeadlockPage(), "#f-0123456789abcdef/1/found");
  EXPECT_THAT(document, HasSubstr("step 1 of 3"));
  EXPECT_THAT(document, HasSubstr("gdb at step 1"));
  const std::string selected =
      Open(DeadlockPage(), "", "timelines[0].select(2); document.title = location.hash;");
  EXPECT_THAT(selected, HasSubstr("<title>#f-0123456789abcdef/2/found</title>"));
}

TEST_F(BrowserTest, KeysMoveAndHitsAreSteppedThrough) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  const std::string script =
      "const t = timelines[0], told = [];"
      "const press = key => t.canvas.dispatchEvent(new KeyboardEvent('keydown', {key}));"
      "const span = t.end - t.start;"
      "press('s'); told.push(t.end - t.start >= span);"
      "press('Home'); told.push(t.selected); press('ArrowRight'); told.push(t.selected);"
      "t.objectFilter.value = 'mutex-lock'; t.filter();"
      "press('Home'); told.push(t.selected); press('n'); told.push(t.selected);"
      "press('N'); told.push(t.selected); told.push(t.found.textContent);"
      "document.title = told.join(' ');";
  EXPECT_THAT(Open(DeadlockPage(), "", script),
              HasSubstr("<title>true 0 1 1 2 1 1 of 4 hits</title>"));
}

TEST_F(BrowserTest, AReplayThatIsNotTheFindingIsShownAsSuch) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  const std::string document =
      Open(DeadlockPage({sim::ReplayEnd::kDiverged, "expected free, got allocate"}), "",
           "document.title = timelines[0].marks.length;");
  EXPECT_THAT(document, HasSubstr("This is not the finding."));
  EXPECT_THAT(document, HasSubstr("expected free, got allocate"));
  EXPECT_THAT(document, HasSubstr("<title>0</title>"));
}

TEST_F(BrowserTest, DrawsAHundredThousandSteps) {
  if (browser_.empty()) GTEST_SKIP() << "no browser (chromium, google-chrome) is installed";
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.source = "ThreadSanitizer";
  finding.message = "a <b>message</b>";
  finding.dedup_key = "0123456789abcdef";
  finding.schedule = "a.schedule.json";
  ChainView chain;
  chain.name = "the host";
  chain.head = {"0x02", 9};
  chain.blocks = {{"0x01", "0x00", 8, 4}, {"0x02", "0x01", 9, 2}};
  finding.chains = {chain, chain};
  CellResult cell;
  cell.findings = {finding};
  cell.explored = Explored{.schedules = 10};
  cell.explored->curve = {{5, 4, 3, 0}, {10, 9, 7, 1}};
  ScenarioResult result;
  result.name = "unsync";
  result.cells = {cell};
  std::map<std::string, Timeline> timelines;
  timelines[finding.schedule] = MakeTimeline(LongLog(), {}, "det", {finding});
  const std::string page = RenderHtml({result}, timelines);
  EXPECT_LT(page.size(), kMaxPageBytes);

  const std::string document = Open(page);
  const size_t ready = document.find("data-ready=\"");
  ASSERT_NE(ready, std::string::npos) << "the script did not complete";
  EXPECT_THAT(document, Not(HasSubstr("data-error")));
  EXPECT_THAT(document, HasSubstr("a &lt;b&gt;message&lt;/b&gt;"));
  EXPECT_THAT(document, HasSubstr("100,000 steps"));
  EXPECT_THAT(document, HasSubstr("data-step=\"99999\"")) << "the list shows the finding";
  EXPECT_THAT(document, HasSubstr("step 99,999 of 100,000"));
  EXPECT_THAT(document, HasSubstr("Fork choice at the divergence"));
  EXPECT_THAT(document, HasSubstr("7 distinct interleavings and 1 finding in 10 schedules"));
  // Not a verdict: machines differ.
  const std::string time = document.substr(ready + 12, document.find('"', ready + 12) - ready - 12);
  std::printf("drawn after %s ms, page of %zu bytes\n", time.c_str(), page.size());
}

}  // namespace
}  // namespace heddle::reports
