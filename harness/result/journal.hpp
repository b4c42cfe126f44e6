// The journal: every trial on disk as soon as it has ended, so that a killed run loses only the one
// that was running.
//
// A text file of lines `crc32 json`, the CRC of the JSON in eight hexadecimal digits. The first
// line is the header (the result without trials: plan, seed, environment, command, cells), then
// come trials, and at last the end. A line is durable when append() has returned.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "result/json.hpp"
#include "result/storage.hpp"

namespace asyncbench::result {

// Another run is writing the journal.
class JournalHeld : public StoreError {
 public:
  using StoreError::StoreError;
};

// What a journal holds.
struct JournalContents {
  std::string plan;                // as create() was given it
  Result result;                   // the header's, with the trials of the journal in their cells
  bool ended = false;              // the run said that it was done
  std::size_t records = 0;         // trials
  std::vector<std::string> order;  // the cell of each trial, as they were measured
  // Bytes of a last line that was cut off by a crash; 0: none. They were left out of the result.
  std::size_t torn_bytes = 0;
  std::size_t whole_bytes = 0;       // of the lines before it
  std::vector<std::string> ignored;  // as in Parsed
};

// Reads a journal, also one that a run holds open. A torn last line is left out, and
// `torn_bytes` says so; a broken line before the last one, or no header, is a FormatError.
// Throws StoreError when the file cannot be read.
JournalContents read_journal(const std::string& path);

// Appends to a journal that no other process appends to: holds flock(2) on it. One thread.
class Journal {
 public:
  // A new journal with this header; trials in `header` are left out. `plan` is any text, kept for
  // the one who resumes. A file that exists already is an error: it may hold a run that can be
  // resumed. Throws StoreError.
  static Journal create(const std::string& path, const Result& header, const std::string& plan);

  // Removes a journal that another run may hold: `may_go` is asked while no one can write it, and
  // may throw. No file is nothing to do. Throws StoreError (also when another run holds it).
  static void clear(const std::string& path,
                    const std::function<bool(const JournalContents&)>& may_go);

  // Goes on with a journal: fills `contents` and cuts off a torn last line. Throws StoreError (also
  // when another run holds it) or FormatError.
  static Journal resume(const std::string& path, JournalContents& contents);

  // Stores one trial of a cell. Throws StoreError, which says how many records are safe; after
  // that the journal accepts nothing more.
  void append(const std::string& cell_id, const Trial& trial);

  // Stores what a run has added to its plan: cells and blocks. Trials in `header` are left out.
  void grow(const Result& header);

  // Stores that the run is done.
  void end();

  // Removes the file, when its trials are stored elsewhere; the journal accepts nothing more.
  void remove();

  const std::string& path() const { return path_; }
  std::size_t records() const { return records_; }

 private:
  Journal(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  void lock();
  bool is_empty() const;
  bool is_in_place() const;  // the path still names this file
  void write_line(const std::string& json);

  std::string path_;
  Fd fd_;
  std::size_t records_ = 0;
  std::size_t size_ = 0;  // bytes that are durable
  bool broken_ = false;
};

}  // namespace asyncbench::result
