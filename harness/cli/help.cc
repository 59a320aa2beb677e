// heddle help: one command's help; and the man page and the shells' completions, all made from the
// same definition of the command line.
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

struct HelpFlags {
  std::vector<std::string> command;
  std::string completion;
  bool man = false;
};

// "--jobs", "-j": as they are typed.
std::vector<std::string> Spellings(const Command::OptionInfo& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.short_names) names.push_back("-" + name);
  for (const std::string& name : option.long_names) names.push_back("--" + name);
  return names;
}

std::vector<std::string> CommandNames(const Command& app) {
  std::vector<std::string> names;
  for (const Command& each : app.Commands()) names.push_back(each.Name());
  return names;
}

std::vector<std::string> AllSpellings(const Command& app) {
  std::vector<std::string> all;
  for (const Command::OptionInfo& option : app.Options()) {
    for (std::string& name : Spellings(option)) all.push_back(std::move(name));
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

void AddOptions(const Command& app, std::string* out) {
  for (const Command::OptionInfo& option : app.Options()) {
    std::vector<std::string> names = Spellings(option);
    if (names.empty()) names.push_back(option.name);
    absl::StrAppend(out, ".TP\n.B ", Roff(absl::StrJoin(names, ", ")),
                    option.takes_value ? " VALUE" : "", "\n",
                    Roff(absl::StrReplaceAll(option.description, {{"\n", " "}})), "\n");
  }
}

void AddCommand(const Command& command, const std::string& prefix, std::string* out) {
  const std::string name = absl::StrCat(prefix, " ", command.Name());
  absl::StrAppend(out, ".SS ", Roff(name), "\n", Roff(command.Description()), "\n");
  AddOptions(command, out);
  if (!command.Footer().empty()) {
    absl::StrAppend(out, ".PP\n.nf\n", Roff(command.Footer()), "\n.fi\n");
  }
  for (const Command& each : command.Commands()) AddCommand(each, name, out);
}

std::string ManPage(const Command& app) {
  std::string out = absl::StrCat(".TH HEDDLE 1\n.SH NAME\nheddle \\- ", Roff(app.Description()),
                                 "\n.SH SYNOPSIS\n.B heddle\nCOMMAND [OPTION]...\n.SH OPTIONS\n");
  AddOptions(app, &out);
  absl::StrAppend(&out, ".SH COMMANDS\n");
  for (const Command& command : app.Commands()) AddCommand(command, "heddle", &out);
  absl::StrAppend(&out, ".SH NOTES\n.nf\n", Roff(app.Footer()), "\n.fi\n");
  return out;
}

// --- Completions --------------------------------------------------------------------------------

std::string BashCases(const Command& app) {
  std::string cases;
  for (const Command& command : app.Commands()) {
    std::vector<std::string> words = CommandNames(command);
    for (std::string& name : AllSpellings(command)) words.push_back(std::move(name));
    absl::StrAppend(&cases, "    ", command.Name(), ") words=\"", absl::StrJoin(words, " "),
                    "\" ;;\n");
  }
  return cases;
}

// The values of options, by the words before.
std::string BashValues(const Command& app) {
  std::string cases;
  for (const Command& command : app.Commands()) {
    for (const Command::OptionInfo& option : command.Options()) {
      if (option.values.empty()) continue;
      std::vector<std::string> words;
      for (const std::string& name : Spellings(option)) {
        words.push_back(absl::StrCat("\"", command.Name(), " ", name, "\""));
      }
      absl::StrAppend(&cases, "      ", absl::StrJoin(words, "|"), ") words=\"",
                      absl::StrJoin(option.values, " "), "\" ;;\n");
    }
  }
  return cases;
}

// The commands that scenarios are named to.
bool TakesScenarios(const Command& command) {
  for (const Command::OptionInfo& option : command.Options()) {
    if (option.name == "scenario") return true;
  }
  return false;
}

std::string ScenarioCommands(const Command& app, absl::string_view separator) {
  std::vector<std::string> names;
  for (const Command& command : app.Commands()) {
    if (TakesScenarios(command)) names.push_back(command.Name());
  }
  return absl::StrJoin(names, separator);
}

std::string BashCompletion(const Command& app) {
  std::vector<std::string> first = CommandNames(app);
  for (std::string& name : AllSpellings(app)) first.push_back(std::move(name));
  return absl::StrCat(
      "# bash completion for heddle: eval \"$(heddle help --completion bash)\"\n"
      "_heddle() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
      "  local before=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  if ((COMP_CWORD == 1)); then\n    words=\"",
      absl::StrJoin(first, " "), "\"\n  else\n    case $command in\n", BashCases(app),
      "    esac\n"
      "    case $command in\n      ",
      ScenarioCommands(app, "|"),
      ") [[ $current == -* ]] || words+=\" $(\"${COMP_WORDS[0]}\" list --names 2>/dev/null)\" ;;\n"
      "    esac\n"
      "    case \"$command $before\" in\n",
      BashValues(app),
      "    esac\n  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _heddle heddle\n");
}

// zsh reads bash's.
std::string ZshCompletion(const Command& app) {
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

std::string FishCompletion(const Command& app) {
  std::string out = "# fish completion for heddle: heddle help --completion fish | source\n";
  for (const Command& command : app.Commands()) {
    absl::StrAppend(&out, "complete -c heddle -n __fish_use_subcommand -a ", command.Name(), " -d ",
                    FishQuoted(command.Description()), "\n");
    for (const Command::OptionInfo& option : command.Options()) {
      if (Spellings(option).empty()) continue;
      absl::StrAppend(&out, "complete -c heddle -n '__fish_seen_subcommand_from ", command.Name(),
                      "'");
      for (const std::string& name : option.short_names) absl::StrAppend(&out, " -s ", name);
      for (const std::string& name : option.long_names) absl::StrAppend(&out, " -l ", name);
      if (!option.values.empty()) {
        absl::StrAppend(&out, " -x -a ", FishQuoted(absl::StrJoin(option.values, " ")));
      }
      absl::StrAppend(&out, " -d ", FishQuoted(option.description), "\n");
    }
    if (TakesScenarios(command)) {
      absl::StrAppend(&out, "complete -c heddle -n '__fish_seen_subcommand_from ", command.Name(),
                      "' -a '(heddle list --names 2>/dev/null)'\n");
    }
  }
  return out;
}

int Help(const Command& app, const HelpFlags& flags) {
  if (flags.man) {
    Print(ManPage(app));
    return kMet;
  }
  if (flags.completion == "bash") Print(BashCompletion(app));
  if (flags.completion == "zsh") Print(ZshCompletion(app));
  if (flags.completion == "fish") Print(FishCompletion(app));
  if (!flags.completion.empty()) return kMet;
  Command at = app;
  std::string prefix;  // the commands that lead to `at`
  for (const std::string& name : flags.command) {
    const absl::StatusOr<Command> found = FindCommand(at, name);
    if (!found.ok()) return Fail(found.status());
    absl::StrAppend(&prefix, prefix.empty() ? "" : " ", at.Name());
    at = *found;
  }
  const std::string name = absl::StrCat(prefix, prefix.empty() ? "" : " ", at.Name());
  Print(at.Help(name));
  return kMet;
}

}  // namespace

absl::StatusOr<Command> FindCommand(const Command& parent, const std::string& name) {
  for (const Command& each : parent.Commands()) {
    if (each.Name() == name) return each;
  }
  const std::string nearest = harness::NearestName(name, CommandNames(parent));
  return absl::InvalidArgumentError(
      absl::StrCat("there is no command '", name, "'",
                   nearest.empty() ? "; heddle --help lists all commands"
                                   : absl::StrCat("; did you mean '", nearest, "'?")));
}

void AddHelp(Command app) {
  Command command = app.Add("help", "Print one command's help, or the man page");
  auto flags = std::make_shared<HelpFlags>();
  command.AddOption("command", &flags->command, "The command: run, or trace slice");
  command.AddFlag("--man", &flags->man, "Print the man page (heddle help --man | man -l -)");
  command.AddOption("--completion", &flags->completion, "Print completions for this shell")
      .OneOf({"bash", "zsh", "fish"});
  command.OnRun([app, flags] { return Help(app, *flags); });
}

}  // namespace heddle::cli
