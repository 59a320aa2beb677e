// How the command line is declared: commands, their options, what they do. This header hides CLI11,
// which is slow to compile; options.cc alone includes it.
//
// Names of options are given as "--jobs,-j", names of positional arguments as "trace". The values
// that options are read into must live until CommandLineParser::Run() returns.
#ifndef HEDDLE_HARNESS_CLI_OPTIONS_H_
#define HEDDLE_HARNESS_CLI_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace heddle::cli {

// An option that was just declared. A handle: copies mean the same option.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option Required();
  // Of an option of several values: each time it is given it takes one.
  Option OneEach();
  // Any other value is refused, with the list of these.
  Option OneOf(const std::vector<std::string>& words);
  // Completions offer these words; any other is taken too.
  Option Suggest(const std::vector<std::string>& words);
  // Refuses numbers outside of [least, most].
  Option Between(int64_t least, int64_t most);
  Option Between(uint64_t least, uint64_t most);

 private:
  CLI::Option* option_;
};

// A command or sub-command. A handle: copies mean the same command, which its CommandLineParser
// owns.
class Command {
 public:
  Command(CLI::App* app, int* exit_code) : app_(app), exit_code_(exit_code) {}

  Command Add(const std::string& name, const std::string& description);

  // An option or a positional argument with a value. A vector takes all that are given.
  Option AddOption(const std::string& names, std::string* value, const std::string& description);
  Option AddOption(const std::string& names, std::optional<std::string>* value,
                   const std::string& description);
  Option AddOption(const std::string& names, std::vector<std::string>* value,
                   const std::string& description);
  Option AddOption(const std::string& names, int64_t* value, const std::string& description);
  Option AddOption(const std::string& names, std::optional<int64_t>* value,
                   const std::string& description);
  Option AddOption(const std::string& names, uint32_t* value, const std::string& description);
  Option AddOption(const std::string& names, uint64_t* value, const std::string& description);
  Option AddOption(const std::string& names, std::optional<uint64_t>* value,
                   const std::string& description);
  // An option without a value.
  void AddFlag(const std::string& names, bool* value, const std::string& description);
  // A probability, given as --NAME=0.3; --NAME alone means `standard`. What is not a number from 0
  // to 1 is refused. `*rate` keeps its value when the option is not given.
  void AddRate(const std::string& name, double standard, double* rate,
               const std::string& description);

  // Text below the options in the command's help.
  void SetFooter(const std::string& footer);
  // One of its sub-commands must be named, or may be.
  void RequireCommand();
  void AllowCommand();
  // Options that this command does not know are its parent's.
  void FallThrough();
  // What is not declared is no error: Extras() has it.
  void AllowExtras();
  // What the command does, and its exit code. Not called when one of its sub-commands is named.
  void OnRun(std::function<int()> run);

  // What was not declared, in a run.
  std::vector<std::string> Extras() const;

  // What was declared, in this order:
  struct OptionInfo {
    std::string name;                                  // of a positional argument
    std::vector<std::string> short_names, long_names;  // without dashes
    std::string description;
    bool takes_value = false;         // and is not positional
    std::vector<std::string> values;  // that completions offer
  };
  std::string Name() const;
  std::string Description() const;
  std::string Footer() const;
  std::vector<OptionInfo> Options() const;
  std::vector<Command> Commands() const;
  bool RequiresCommand() const;
  // What --help prints, where `name` leads to the command: "heddle trace info".
  std::string Help(const std::string& name) const;

 private:
  CLI::App* app_;
  int* exit_code_;
};

class CommandLineParser {
 public:
  CommandLineParser(const std::string& name, const std::string& description);
  ~CommandLineParser();

  Command root();
  // An option that prints the help of all commands.
  void AddHelpAll(const std::string& name, const std::string& description);
  // An option that prints `text`.
  void AddVersion(const std::string& name, const std::string& text);
  // Parses, and runs the command that is named; its exit code. Usage errors and help are printed
  // and give `usage_error` and 0.
  int Run(int argc, char** argv, int usage_error);

 private:
  int exit_code_ = 0;
  std::unique_ptr<CLI::App> app_;
};

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_OPTIONS_H_
