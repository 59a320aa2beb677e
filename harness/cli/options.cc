#include "harness/cli/options.h"

#include <CLI/CLI.hpp>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heddle::cli {
namespace {

// What completions offer for each option; CLI11 has no place for it.
std::map<const CLI::Option*, std::vector<std::string>>& Suggestions() {
  static auto& all = *new std::map<const CLI::Option*, std::vector<std::string>>();
  return all;
}

// CLI11 takes whatever stands behind an option as its value. That it names another option of the
// command means that the value was forgotten.
CLI::Option* RefuseOptions(const CLI::App* app, CLI::Option* option) {
  if (option->get_positional()) return option;
  option->check([app](const std::string& value) -> std::string {
    const bool is_option =
        value.size() > 1 && value[0] == '-' && app->get_option_no_throw(value) != nullptr;
    return is_option ? absl::StrCat("expected a value, and ", value, " is an option") : "";
  });
  return option;
}

}  // namespace

Option Option::Suggest(const std::vector<std::string>& words) {
  Suggestions()[option_] = words;
  return *this;
}

Option Option::Required() {
  option_->required();
  return *this;
}

Option Option::OneEach() {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::OneOf(const std::vector<std::string>& words) {
  option_->check(CLI::IsMember(words));
  return Suggest(words);
}

Option Option::Between(int64_t least, int64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::Between(uint64_t least, uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Command Command::Add(const std::string& name, const std::string& description) {
  return Command(app_->add_subcommand(name, description), exit_code_);
}

Option Command::AddOption(const std::string& names, std::string* value,
                          const std::string& description) {
  return Option(RefuseOptions(app_, app_->add_option(names, *value, description)));
}

Option Command::AddOption(const std::string& names, std::optional<std::string>* value,
                          const std::string& description) {
  return Option(RefuseOptions(app_, app_->add_option(names, *value, description)));
}

Option Command::AddOption(const std::string& names, std::vector<std::string>* value,
                          const std::string& description) {
  return Option(RefuseOptions(app_, app_->add_option(names, *value, description)));
}

Option Command::AddOption(const std::string& names, int64_t* value,
                          const std::string& description) {
  return Option(app_->add_option(names, *value, description));
}

Option Command::AddOption(const std::string& names, std::optional<int64_t>* value,
                          const std::string& description) {
  return Option(app_->add_option(names, *value, description));
}

Option Command::AddOption(const std::string& names, uint32_t* value,
                          const std::string& description) {
  return Option(app_->add_option(names, *value, description));
}

Option Command::AddOption(const std::string& names, uint64_t* value,
                          const std::string& description) {
  return Option(app_->add_option(names, *value, description));
}

Option Command::AddOption(const std::string& names, std::optional<uint64_t>* value,
                          const std::string& description) {
  return Option(app_->add_option(names, *value, description));
}

void Command::AddFlag(const std::string& names, bool* value, const std::string& description) {
  app_->add_flag(names, *value, description);
}

void Command::AddRate(const std::string& name, double standard, double* rate,
                      const std::string& description) {
  // Not CLI11's flag for a double: that one counts how often the flag is given.
  const std::string& help = description;
  app_->add_flag(absl::StrCat(name, "{", standard, "}"), help)
      ->check(
          [rate](const std::string& text) -> std::string {
            double value = 0;
            // Written so that "nan" is refused as well.
            if (!absl::SimpleAtod(text, &value) || !(value >= 0 && value <= 1)) {
              return absl::StrCat("'", text, "' is not a number from 0 to 1");
            }
            *rate = value;
            return "";
          },
          "", "rate");
}

void Command::SetFooter(const std::string& footer) { app_->footer(footer); }

void Command::RequireCommand() { app_->require_subcommand(1); }

void Command::AllowCommand() { app_->require_subcommand(0, 1); }

void Command::FallThrough() { app_->fallthrough(); }

void Command::AllowExtras() { app_->allow_extras(); }

void Command::OnRun(std::function<int()> run) {
  app_->callback([run = std::move(run), app = app_, exit_code = exit_code_] {
    if (app->get_subcommands().empty()) *exit_code = run();
  });
}

std::vector<std::string> Command::Extras() const { return app_->remaining(); }

std::string Command::Name() const { return app_->get_name(); }

std::string Command::Description() const { return app_->get_description(); }

std::string Command::Footer() const { return app_->get_footer(); }

std::vector<Command::OptionInfo> Command::Options() const {
  std::vector<OptionInfo> options;
  for (const CLI::Option* each : app_->get_options([](const CLI::Option*) { return true; })) {
    OptionInfo info;
    info.name = each->get_name();
    info.short_names = each->get_snames();
    info.long_names = each->get_lnames();
    info.description = each->get_description();
    info.takes_value = !each->get_positional() && each->get_items_expected_max() > 0;
    const auto values = Suggestions().find(each);
    if (values != Suggestions().end()) info.values = values->second;
    options.push_back(std::move(info));
  }
  return options;
}

std::vector<Command> Command::Commands() const {
  std::vector<Command> commands;
  for (CLI::App* each : app_->get_subcommands([](const CLI::App*) { return true; })) {
    if (!each->get_name().empty()) commands.emplace_back(each, exit_code_);
  }
  return commands;
}

bool Command::RequiresCommand() const { return app_->get_require_subcommand_min() > 0; }

std::string Command::Help(const std::string& name) const {
  return app_->get_formatter()->make_help(app_, name, CLI::AppFormatMode::Normal);
}

CommandLineParser::CommandLineParser(const std::string& name, const std::string& description)
    : app_(std::make_unique<CLI::App>(description, name)) {}

CommandLineParser::~CommandLineParser() = default;

Command CommandLineParser::root() { return Command(app_.get(), &exit_code_); }

void CommandLineParser::AddHelpAll(const std::string& name, const std::string& description) {
  app_->set_help_all_flag(name, description);
}

void CommandLineParser::AddVersion(const std::string& name, const std::string& text) {
  const size_t end = text.find_last_not_of('\n') + 1;
  app_->set_version_flag(name, text.substr(0, end), "Print the version, and exit");
}

int CommandLineParser::Run(int argc, char** argv, int usage_error) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0 ? 0 : usage_error;
  }
  return exit_code_;
}

}  // namespace heddle::cli
