#include "harness/run/schedule_extra.h"

#include "absl/strings/str_cat.h"
#include "sim/json/document.h"

namespace heddle::harness {

absl::StatusOr<ScheduleExtra> ReadExtra(const sim::Schedule& schedule, absl::string_view name) {
  absl::StatusOr<json::Document> document =
      json::Document::Parse(schedule.extra, absl::StrCat(name, ": extra"));
  if (!document.ok()) return document.status();
  const json::Value root = document->root();
  ScheduleExtra extra;
  if (root.Has("arguments")) extra.arguments = root["arguments"].Texts();
  if (root.Has("dispatcher")) extra.dispatcher = root["dispatcher"].Text();
  if (root.Has("producer")) extra.producer = root["producer"].Text();
  if (root.Has("faults")) extra.faults = root["faults"].Texts();
  if (root.Has("switches")) extra.switches = root["switches"].Text();
  if (!document->status().ok()) return document->status();
  return extra;
}

}  // namespace heddle::harness
