// A JSON Schema validator for tests: the part of draft 7 that our own schemas use. A keyword that
// it does not know is an error, so that no schema can promise what is not checked.
#ifndef HEDDLE_REPORTS_TESTING_JSON_SCHEMA_H_
#define HEDDLE_REPORTS_TESTING_JSON_SCHEMA_H_

#include <string>

#include "nlohmann/json.hpp"

namespace heddle::reports {

// "" when `value` is valid under `schema`, whose references start at `root`; otherwise what is
// wrong and where.
std::string ValidateJson(const nlohmann::json& value, const nlohmann::json& schema,
                         const nlohmann::json& root, const std::string& place = "$");

// Reads and parses a file below the repository's root; fails the process when there is none.
nlohmann::json LoadJson(const std::string& path);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_TESTING_JSON_SCHEMA_H_
