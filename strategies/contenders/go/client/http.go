package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
)

// target is what is asked for. The body of the first good answer is what all others must be.
type target struct {
	url       string
	bodyBytes int // -1: not known
	body      atomic.Pointer[[]byte]
}

func (t *target) outcomeOf(status int, body []byte) int {
	if (status < 200 || status >= 300) && status != 304 {
		return httpStatus
	}
	first := t.body.Load()
	if first == nil {
		if t.bodyBytes >= 0 && t.bodyBytes != len(body) {
			return contentMismatch
		}
		copied := append([]byte{}, body...)
		t.body.CompareAndSwap(nil, &copied)
		first = t.body.Load()
	}
	if !bytes.Equal(*first, body) {
		return contentMismatch
	}
	return ok
}

// outcomeOf a request that failed; hasHead: the head of an answer had come.
func outcomeOf(err error, hasHead bool) int {
	var timeout interface{ Timeout() bool }
	var noName *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return cancelled
	case errors.As(err, &noName):
		return dns
	case errors.Is(err, syscall.ECONNREFUSED):
		return connectRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return connectUnreachable
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return localResource
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return reset
	case errors.As(err, &timeout) && timeout.Timeout():
		if hasHead {
			return timeoutBody
		}
		return timeoutHeaders
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated
	case errors.Is(err, io.EOF):
		return eof
	}
	return protocol
}

// clientOf is tuned for many requests to few servers: it keeps all connections, and asks for no compression.
func clientOf(j *job, connections int) *http.Client {
	return &http.Client{
		Timeout: j.duration("deadline"),
		Transport: &http.Transport{
			MaxIdleConns:        connections,
			MaxIdleConnsPerHost: connections,
			MaxConnsPerHost:     connections,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get returns how the request ended. The body is read into `body`.
func get(client *http.Client, ctx context.Context, asked *target, body *bytes.Buffer) int {
	body.Reset()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.url, nil)
	if err != nil {
		return protocol
	}
	response, err := client.Do(request)
	if err != nil {
		return outcomeOf(err, false)
	}
	defer response.Body.Close()
	if _, err := body.ReadFrom(response.Body); err != nil {
		return outcomeOf(err, true)
	}
	return asked.outcomeOf(response.StatusCode, body.Bytes())
}

func fetch(j *job) {
	targets := []*target{}
	for _, url := range j.Work.URLs {
		targets = append(targets, &target{url: url, bodyBytes: -1})
	}
	if len(targets) == 0 {
		targets = append(targets, &target{url: j.origin("server_delay"), bodyBytes: j.number("body_bytes")})
	}
	client := clientOf(j, j.tasks())
	runClient(j, func(t *task) {
		var body bytes.Buffer
		for nth := t.number; ; nth++ {
			begun, goesOn := t.next()
			if !goesOn {
				return
			}
			asked := targets[nth%len(targets)]
			outcome := get(client, t.trial.ctx, asked, &body)
			name := ""
			if len(j.Work.URLs) > 0 {
				name = asked.url
			}
			t.ended(begun, outcome, body.Len(), name)
		}
	})
}

// gather is a gateway: a goroutine for each upstream that a request asks.
func gather(j *job) {
	upstream := &target{url: j.origin("upstream_delay"), bodyBytes: j.number("body_bytes")}
	fanOut := j.number("fan_out")
	client := clientOf(j, fanOut*j.number("connections"))
	reply := bytes.Repeat([]byte("x"), 12)
	answer := func(response http.ResponseWriter, request *http.Request) {
		var asking sync.WaitGroup
		var failed atomic.Int64
		asking.Add(fanOut)
		for i := 0; i < fanOut; i++ {
			go func() {
				defer asking.Done()
				var body bytes.Buffer
				if get(client, request.Context(), upstream, &body) != ok {
					failed.Add(1)
				}
			}()
		}
		asking.Wait()
		if failed.Load() > 0 {
			http.Error(response, "an upstream failed", http.StatusBadGateway)
			return
		}
		response.Write(reply)
	}
	listener := listen()
	go http.Serve(listener, http.HandlerFunc(answer))
	serveUntilStopped(portOf(listener))
}
