// heddle help: one command's help; and the man page and the shells' completions, all made from the
// same definition of the command line.
#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "harness/cli/command.h"
#include "harness/scenario/fields.h"

namespace heddle::cli {
namespace {

struct Flags {
  std::vector<std::string> command;
  std::string completion;
  bool man = false;
};

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); });
}

std::vector<const CLI::Option*> OptionsOf(const CLI::App& app) {
  return app.get_options([](const CLI::Option*) { return true; });
}

// "--jobs", "-j": as they are typed.
std::vector<std::string> Spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : CommandsOf(app)) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> AllSpellings(const CLI::App& app) {
  std::vector<std::string> all;
  for (const CLI::Option* option : OptionsOf(app)) {
    for (std::string& name : Spellings(*option)) all.push_back(std::move(name));
  }
  return all;
}

// --- The man page -------------------------------------------------------------------------------

// Nothing in `text` is a request of roff's.
std::string Roff(absl::string_view text) {
  std::string out = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  std::vector<std::string> lines = absl::StrSplit(out, '\n');
  for (std::string& line : lines) {
    if (!line.empty() && (line[0] == '.' || line[0] == '\'')) line.insert(0, "\\&");
  }
  return absl::StrJoin(lines, "\n");
}

void AddOptions(const CLI::App& app, std::string* out) {
  for (const CLI::Option* option : OptionsOf(app)) {
    std::vector<std::string> names = Spellings(*option);
    if (names.empty()) names.push_back(option->get_name());
    const bool value = !option->get_positional() && option->get_items_expected_max() > 0;
    absl::StrAppend(out, ".TP\n.B ", Roff(absl::StrJoin(names, ", ")), value ? " VALUE" : "", "\n",
                    Roff(absl::StrReplaceAll(option->get_description(), {{"\n", " "}})), "\n");
  }
}

void AddCommand(const CLI::App& command, const std::string& prefix, std::string* out) {
  const std::string name = absl::StrCat(prefix, " ", command.get_name());
  absl::StrAppend(out, ".SS ", Roff(name), "\n", Roff(command.get_description()), "\n");
  AddOptions(command, out);
  if (!command.get_footer().empty()) {
    absl::StrAppend(out, ".PP\n.nf\n", Roff(command.get_footer()), "\n.fi\n");
  }
  for (const CLI::App* each : CommandsOf(command)) AddCommand(*each, name, out);
}

std::string ManPage(const CLI::App& app) {
  std::string out = absl::StrCat(".TH HEDDLE 1\n.SH NAME\nheddle \\- ", Roff(app.get_description()),
                                 "\n.SH SYNOPSIS\n.B heddle\nCOMMAND [OPTION]...\n.SH OPTIONS\n");
  AddOptions(app, &out);
  absl::StrAppend(&out, ".SH COMMANDS\n");
  for (const CLI::App* command : CommandsOf(app)) AddCommand(*command, "heddle", &out);
  absl::StrAppend(&out, ".SH NOTES\n.nf\n", Roff(app.get_footer()), "\n.fi\n");
  return out;
}

// --- Completions --------------------------------------------------------------------------------

std::string BashCases(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : CommandsOf(app)) {
    std::vector<std::string> words = CommandNames(*command);
    for (std::string& name : AllSpellings(*command)) words.push_back(std::move(name));
    absl::StrAppend(&cases, "    ", command->get_name(), ") words=\"", absl::StrJoin(words, " "),
                    "\" ;;\n");
  }
  return cases;
}

std::string BashCompletion(const CLI::App& app) {
  std::vector<std::string> first = CommandNames(app);
  for (std::string& name : AllSpellings(app)) first.push_back(std::move(name));
  return absl::StrCat(
      "# bash completion for heddle: eval \"$(heddle help --completion bash)\"\n"
      "_heddle() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
      "  if ((COMP_CWORD == 1)); then\n    words=\"",
      absl::StrJoin(first, " "), "\"\n  else\n    case $command in\n", BashCases(app),
      "    esac\n  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _heddle heddle\n");
}

// zsh reads bash's.
std::string ZshCompletion(const CLI::App& app) {
  return absl::StrCat(
      "# zsh completion for heddle: eval \"$(heddle help --completion zsh)\"\n"
      "autoload -U +X bashcompinit && bashcompinit\n",
      BashCompletion(app));
}

// In single quotes.
std::string FishQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}, {"\n", " "}}),
                      "'");
}

std::string FishCompletion(const CLI::App& app) {
  std::string out = "# fish completion for heddle: heddle help --completion fish | source\n";
  for (const CLI::App* command : CommandsOf(app)) {
    absl::StrAppend(&out, "complete -c heddle -n __fish_use_subcommand -a ", command->get_name(),
                    " -d ", FishQuoted(command->get_description()), "\n");
    for (const CLI::Option* option : OptionsOf(*command)) {
      if (Spellings(*option).empty()) continue;
      absl::StrAppend(&out, "complete -c heddle -n '__fish_seen_subcommand_from ",
                      command->get_name(), "'");
      for (const std::string& name : option->get_snames()) absl::StrAppend(&out, " -s ", name);
      for (const std::string& name : option->get_lnames()) absl::StrAppend(&out, " -l ", name);
      absl::StrAppend(&out, " -d ", FishQuoted(option->get_description()), "\n");
    }
  }
  return out;
}

int Help(const CLI::App& app, const Flags& flags) {
  if (flags.man) {
    Print(ManPage(app));
    return kMet;
  }
  if (flags.completion == "bash") Print(BashCompletion(app));
  if (flags.completion == "zsh") Print(ZshCompletion(app));
  if (flags.completion == "fish") Print(FishCompletion(app));
  if (!flags.completion.empty()) return kMet;
  const CLI::App* at = &app;
  std::string prefix;  // the commands that lead to `at`
  for (const std::string& name : flags.command) {
    const absl::StatusOr<const CLI::App*> found = FindCommand(*at, name);
    if (!found.ok()) return Fail(found.status());
    absl::StrAppend(&prefix, prefix.empty() ? "" : " ", at->get_name());
    at = *found;
  }
  const std::string name = absl::StrCat(prefix, prefix.empty() ? "" : " ", at->get_name());
  Print(app.get_formatter()->make_help(at, name, CLI::AppFormatMode::Normal));
  return kMet;
}

}  // namespace

absl::StatusOr<const CLI::App*> FindCommand(const CLI::App& app, const std::string& name) {
  const std::vector<const CLI::App*> commands = CommandsOf(app);
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const CLI::App* each) { return each->get_name() == name; });
  if (found != commands.end()) return *found;
  const std::string nearest = harness::NearestName(name, CommandNames(app));
  return absl::InvalidArgumentError(
      absl::StrCat("there is no command '", name, "'",
                   nearest.empty() ? "; heddle --help lists them"
                                   : absl::StrCat("; did you mean '", nearest, "'?")));
}

void AddHelp(CLI::App* app, int* exit_code) {
  CLI::App* command = app->add_subcommand("help", "Print one command's help, or the man page");
  auto flags = std::make_shared<Flags>();
  command->add_option("command", flags->command, "The command: run, or trace slice");
  command->add_flag("--man", flags->man, "Print the man page (heddle help --man | man -l -)");
  command->add_option("--completion", flags->completion, "Print completions for this shell")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([app, flags, exit_code] { *exit_code = Help(*app, *flags); });
}

}  // namespace heddle::cli
