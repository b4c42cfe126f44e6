// fetch, gather, echo and timers as net/http, net and time have them: a goroutine for each connection or timer.
package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// So many bytes fit into the sockets' buffers while nobody reads.
const unansweredMost = 128 * 1024

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail("listen: " + err.Error())
	}
	return listener
}

func portOf(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }

func echo(j *job) {
	size := j.number("message_bytes")
	if size > unansweredMost {
		fail("sends a message whole before it reads: --message-bytes " + strconv.Itoa(unansweredMost) + " at most")
	}
	deadline := j.duration("deadline")
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(j.Address.Port))
	var open sync.Map // connections by task, closed by the hard stop
	closeAll := func() {
		open.Range(func(_, connection any) bool {
			connection.(net.Conn).Close()
			return true
		})
	}
	var watching sync.Once
	runClient(j, func(t *task) {
		watching.Do(func() {
			go func() {
				<-t.trial.ctx.Done()
				closeAll()
			}()
		})
		message, back := make([]byte, size), make([]byte, size)
		for i := range message {
			message[i] = byte(t.number + i)
		}
		binary.LittleEndian.PutUint64(message, uint64(t.number))
		var connection net.Conn
		// Sends the message and returns how many bytes have come back.
		exchange := func() (int, error) {
			if connection == nil {
				opened, err := net.DialTimeout("tcp", address, deadline)
				if err != nil {
					return 0, err
				}
				connection = opened
				open.Store(t.number, opened)
			}
			connection.SetDeadline(time.Now().Add(deadline))
			if _, err := connection.Write(message); err != nil {
				return 0, err
			}
			return io.ReadFull(connection, back)
		}
		for sequence := uint64(1); ; sequence++ {
			begun, goesOn := t.next()
			if !goesOn {
				return
			}
			binary.LittleEndian.PutUint64(message[8:], sequence)
			got, err := exchange()
			outcome := ok
			switch {
			case err != nil && t.trial.ctx.Err() != nil:
				outcome = cancelled
			case err != nil:
				outcome, got = outcomeOf(err, got >= 16), 0
			case !bytes.Equal(message, back):
				outcome = contentMismatch
			}
			if outcome != ok && connection != nil {
				connection.Close()
				connection = nil
			}
			t.ended(begun, outcome, got, "")
		}
	})
}

func echoServer() {
	listener := listen()
	serve := func(connection net.Conn) {
		defer connection.Close()
		buffer := make([]byte, 64*1024)
		for {
			got, err := connection.Read(buffer)
			if err != nil {
				return
			}
			if _, err := connection.Write(buffer[:got]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			if connection, err := listener.Accept(); err == nil {
				go serve(connection)
			}
		}
	}()
	serveUntilStopped(portOf(listener))
}

// timers sleeps in each goroutine. A late firing moves none after it.
func timers(j *job) {
	period := int64(j.duration("period"))
	first := now() + period // when all tasks exist
	runClient(j, func(t *task) {
		due := first + period*int64(t.number)/int64(j.tasks())
		// Nobody waits for what is due after the hard stop.
		for due-j.GraceNS < t.trial.windowEnd.Load() {
			time.Sleep(time.Duration(due - now()))
			t.ended(due, ok, 0, "")
			if _, goesOn := t.next(); !goesOn {
				return
			}
			due += period
		}
	})
}

func main() {
	j := readJob()
	switch {
	case j.Workload == "fetch":
		fetch(j)
	case j.Workload == "gather":
		gather(j)
	case j.Workload == "timers":
		timers(j)
	case j.Workload == "echo" && j.Role == "client":
		echo(j)
	case j.Workload == "echo":
		echoServer()
	default:
		fail("takes part in fetch, gather, echo and timers alone")
	}
}
