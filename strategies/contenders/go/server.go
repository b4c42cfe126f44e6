// GET /bytes/N and /delay/T/bytes/N by Go's net/http.
package main

import (
	"bytes"
	"log"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var bodies sync.Map // []byte by size

func bodyOf(size int) []byte {
	if body, found := bodies.Load(size); found {
		return body.([]byte)
	}
	body, _ := bodies.LoadOrStore(size, bytes.Repeat([]byte("x"), size))
	return body.([]byte)
}

func answer(response http.ResponseWriter, request *http.Request) {
	path := request.URL.Path
	if rest := strings.TrimPrefix(path, "/delay/"); rest != path {
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			http.NotFound(response, request)
			return
		}
		text := strings.TrimPrefix(rest[:slash], "exp:")
		delay, err := time.ParseDuration(text)
		if err != nil {
			http.NotFound(response, request)
			return
		}
		if text != rest[:slash] {
			delay = time.Duration(rand.ExpFloat64() * float64(delay))
		}
		time.Sleep(delay)
		path = rest[slash:]
	}
	size, err := strconv.Atoi(strings.TrimPrefix(path, "/bytes/"))
	if err != nil || size < 0 || !strings.HasPrefix(path, "/bytes/") {
		http.NotFound(response, request)
		return
	}
	response.Header().Set("Content-Length", strconv.Itoa(size))
	response.Header().Set("Content-Type", "application/octet-stream")
	response.Write(bodyOf(size))
}

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(answer)))
}
