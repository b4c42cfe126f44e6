// What takes part in a trial: the job, the records of requests, the reports. docs/participant-protocol.md describes the
// lines. Orders come on descriptor 3, reports go to 4, and one record of each request to 5.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

var (
	orders  = bufio.NewReader(os.NewFile(3, "orders"))
	reports = os.NewFile(4, "reports")
	records = os.NewFile(5, "records")
)

// Outcomes of requests, by the ids of docs/participant-protocol.md.
const (
	ok                 = 0
	httpStatus         = 1
	contentMismatch    = 2
	dns                = 3
	connectRefused     = 4
	connectTimeout     = 5
	connectUnreachable = 6
	reset              = 7
	eof                = 8
	truncated          = 9
	timeoutHeaders     = 10
	timeoutBody        = 11
	protocol           = 12
	localResource      = 14
	cancelled          = 15
)

var outcomeNames = [...]string{"ok", "http_status", "content_mismatch", "dns", "connect_refused", "connect_timeout",
	"connect_unreachable", "reset", "eof_before_response", "truncated", "timeout_headers", "timeout_body", "protocol",
	"limit", "local_resource", "cancelled", "internal"}

type object = map[string]any

func report(message object) {
	line, _ := json.Marshal(message)
	reports.Write(append(line, '\n'))
}

// fail says what cannot be done, and ends.
func fail(reason string) {
	report(object{"type": "failed", "reason": reason})
	os.Exit(0)
}

// The clock that Go's monotonic time runs by, at the epoch that all participants share (CLOCK_MONOTONIC).
var clockBegan, clockBeganNS = time.Now(), monotonicNS()

func monotonicNS() int64 {
	const clockMonotonic = 1
	var at syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&at)), 0)
	return at.Nano()
}

func now() int64 { return clockBeganNS + int64(time.Since(clockBegan)) }

type order struct {
	Type        string `json:"type"`
	WindowEndNS int64  `json:"window_end_ns"`
	Turns       turns  `json:"turns"`
}

// turns are the times in which requests may begin.
type turns struct {
	BeginsNS []int64 `json:"begins_ns"`
	LengthNS int64   `json:"length_ns"`
}

type job struct {
	Role     string `json:"role"`
	Workload string `json:"workload"`
	Work     struct {
		Parameters map[string]string `json:"parameters"`
		URLs       []string          `json:"urls"`
	} `json:"work"`
	Address struct {
		Port int    `json:"port"`
		Path string `json:"path"`
	} `json:"address"`
	GraceNS  int64 `json:"grace_ns"`
	Requests int64 `json:"requests"`
	Turns    int   `json:"turns"`
}

// readJob reads the first line. What this program cannot do ends it.
func readJob() *job {
	line, _ := orders.ReadBytes('\n')
	read := &job{}
	if err := json.Unmarshal(line, read); err != nil {
		fail("the job: " + err.Error())
	}
	usual := map[string]string{"think_time": "0s", "keep_alive": "on", "request_bytes": "0", "transport": "tcp",
		"idle": "0", "churn": "0", "jitter": "0"}
	for name, value := range usual {
		if given, found := read.Work.Parameters[name]; found && given != value {
			fail(fmt.Sprintf("can do %s with %s %s alone, not %s", read.Workload, name, value, given))
		}
	}
	if read.Address.Path != "" {
		fail("connects to ports alone, not to a Unix socket")
	}
	if read.Requests > 0 {
		fail("knows no budget of requests; give --duration instead")
	}
	return read
}

func (j *job) number(name string) int {
	number, err := strconv.Atoi(j.Work.Parameters[name])
	if err != nil {
		fail(name + ": " + err.Error())
	}
	return number
}

func (j *job) duration(name string) time.Duration {
	duration, err := time.ParseDuration(j.Work.Parameters[name])
	if err != nil {
		fail(name + ": " + err.Error())
	}
	return duration
}

func (j *job) tasks() int {
	if j.Workload == "timers" {
		return j.number("timers")
	}
	return j.number("connections")
}

// origin is what the embedded origin is asked for.
func (j *job) origin(delayName string) string {
	path := ""
	if delay := j.Work.Parameters[delayName]; delay != "0s" {
		path += "/delay/" + delay
	}
	if burn := j.Work.Parameters["cpu_burn"]; burn != "" && burn != "0s" {
		path += "/burn/" + burn
	}
	return fmt.Sprintf("http://127.0.0.1:%d%s/bytes/%d", j.Address.Port, path, j.number("body_bytes"))
}

// task issues requests, one after the other, in a goroutine of its own. The records are its own, too.
type task struct {
	number   int
	trial    *trial
	isReady  bool
	turn     int   // the next one
	turnEnds int64 // of the one under way
	lastEnd  int64 // of its requests, where no wait came after it; 0: one did
	records  []byte
	outcomes map[string]map[string]int // by URL
}

// trial is what the tasks of a client share.
type trial struct {
	job       *job
	ctx       context.Context // done at the hard stop
	windowEnd atomic.Int64
	turns     atomic.Pointer[turns] // nil: not known yet
	unready   atomic.Int64
}

// next waits for the task's turn, and says when its next request begins: as the last one ends, so that no time is lost
// between them, or when its turn does; and whether there is one.
func (t *task) next() (begun int64, goesOn bool) {
	for {
		at := now()
		if at >= t.trial.windowEnd.Load() || t.trial.ctx.Err() != nil {
			return 0, false
		}
		wait := t.wait(at)
		if wait <= 0 {
			if t.lastEnd != 0 {
				at = t.lastEnd
			}
			return at, true
		}
		t.lastEnd = 0
		select {
		case <-time.After(time.Duration(wait)):
		case <-t.trial.ctx.Done():
		}
	}
}

// wait is how long the task has to wait before it may begin its next request, in ns.
func (t *task) wait(at int64) int64 {
	if t.trial.job.Turns == 0 || at < t.turnEnds || !t.isReady {
		return 0
	}
	known := t.trial.turns.Load()
	if known == nil { // all tasks together look twice a millisecond
		return int64(t.trial.job.tasks()) * int64(500*time.Microsecond)
	}
	for ; t.turn < len(known.BeginsNS); t.turn++ {
		begin := known.BeginsNS[t.turn]
		if at < begin {
			return begin - at
		}
		if at < begin+known.LengthNS {
			t.turnEnds = begin + known.LengthNS
			return 0
		}
	}
	return t.trial.windowEnd.Load() - at
}

// ended records a request that ends now. url: of several that are asked for, which.
func (t *task) ended(begun int64, outcome, bodyBytes int, url string) {
	t.lastEnd = now()
	t.records = binary.LittleEndian.AppendUint64(t.records, uint64(begun))
	t.records = binary.LittleEndian.AppendUint64(t.records, uint64(t.lastEnd))
	t.records = binary.LittleEndian.AppendUint32(t.records, uint32(bodyBytes))
	t.records = binary.LittleEndian.AppendUint16(t.records, uint16(outcome))
	t.records = binary.LittleEndian.AppendUint16(t.records, uint16(t.number))
	if url != "" {
		if t.outcomes[url] == nil {
			t.outcomes[url] = map[string]int{}
		}
		t.outcomes[url][outcomeNames[outcome]]++
	}
	if !t.isReady {
		t.isReady = true
		if t.trial.unready.Add(-1) == 0 {
			report(object{"type": "ready"})
		}
	}
}

// runClient runs a goroutine for each task until the window has ended, and reports what they recorded.
func runClient(j *job, run func(*task)) {
	ctx, cancel := context.WithCancel(context.Background())
	shared := &trial{job: j, ctx: ctx}
	shared.windowEnd.Store(1<<63 - 1)
	shared.unready.Store(int64(j.tasks()))
	tasks := make([]*task, j.tasks())
	var running sync.WaitGroup
	for number := range tasks {
		tasks[number] = &task{number: number, trial: shared, outcomes: map[string]map[string]int{}}
		running.Add(1)
		go func(each *task) {
			defer running.Done()
			run(each)
		}(tasks[number])
	}
	go func() {
		if next := readOrder(); next.Type == "go" {
			shared.windowEnd.Store(next.WindowEndNS)
			shared.turns.Store(&next.Turns)
			time.AfterFunc(time.Duration(next.WindowEndNS+j.GraceNS-now()), cancel)
			readOrder()
		}
		cancel()
	}()
	running.Wait()
	count := 0
	items := []object{}
	for _, each := range tasks {
		records.Write(each.records)
		count += len(each.records) / 24
	}
	for url, outcomes := range sumOf(tasks) {
		items = append(items, object{"name": url, "outcomes": outcomes})
	}
	report(object{"type": "record", "records": count, "items": items})
}

func sumOf(tasks []*task) map[string]map[string]int {
	sum := map[string]map[string]int{}
	for _, each := range tasks {
		for url, outcomes := range each.outcomes {
			if sum[url] == nil {
				sum[url] = map[string]int{}
			}
			for name, count := range outcomes {
				sum[url][name] += count
			}
		}
	}
	return sum
}

// readOrder waits for the next order. When there are no more, the runner has gone.
func readOrder() order {
	line, err := orders.ReadBytes('\n')
	if err != nil {
		os.Exit(1)
	}
	var read order
	json.Unmarshal(line, &read)
	return read
}

// serveUntilStopped is called once a server listens on the port, of 127.0.0.1 alone.
func serveUntilStopped(port int) {
	report(object{"type": "listening", "address": object{"port": port, "path": "", "target": ""}})
	for readOrder().Type != "stop" {
	}
	report(object{"type": "record"})
}
