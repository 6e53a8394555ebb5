package historytest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Influxd is a real InfluxDB 1.8 with Flux, in a folder of the test's own, on
// free ports. It ends with the test.
type Influxd struct {
	t    testing.TB
	exe  string
	conf string
	log  *syncBuffer
	addr string
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// StartInfluxd starts one with a database named "steward", so that the bucket
// is "steward/autogen". The program is $STEWARD_INFLUXD, or influxd of the
// PATH, or .tools/influxd of the checkout; without one the test fails.
func StartInfluxd(t testing.TB) *Influxd {
	t.Helper()
	i := &Influxd{t: t, exe: findInfluxd(t), log: &syncBuffer{}, addr: freeAddress(t)}
	dir := t.TempDir()
	i.conf = filepath.Join(dir, "influxd.conf")
	conf := fmt.Sprintf(influxConf, freeAddress(t), dir, i.addr)
	if err := os.WriteFile(i.conf, []byte(conf), 0o600); err != nil {
		t.Fatalf("influxd: %v", err)
	}
	t.Cleanup(i.Kill)
	i.Start()
	i.Query("CREATE DATABASE steward")
	return i
}

const influxConf = `reporting-disabled = true
bind-address = %[1]q
[meta]
dir = "%[2]s/meta"
[data]
dir = "%[2]s/data"
wal-dir = "%[2]s/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = %[3]q
flux-enabled = true
log-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
[logging]
level = "warn"
suppress-logo = true
`

// URL is where it listens; it stays the same over Stop, Kill and Start.
func (i *Influxd) URL() string { return "http://" + i.addr }

// PID is the running process.
func (i *Influxd) PID() int { return i.cmd.Process.Pid }

// Start starts it again and returns when it answers.
func (i *Influxd) Start() {
	i.t.Helper()
	i.cmd = exec.Command(i.exe, "-config", i.conf)
	i.cmd.Stdout, i.cmd.Stderr = i.log, i.log
	if err := i.cmd.Start(); err != nil {
		i.t.Fatalf("influxd: %v", err)
	}
	i.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { // ends with the process
		defer close(done)
		_ = cmd.Wait() // how it ended does not matter: it is killed, too
	}(i.cmd, i.done)
	Poll(i.t, 30*time.Second, "influxd to answer", func() bool {
		select {
		case <-i.done:
			i.t.Fatalf("influxd ended at its start:\n%s", i.log)
		default:
		}
		answer, err := http.Get(i.URL() + "/ping")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusNoContent
	})
}

// Stop asks it to end and waits.
func (i *Influxd) Stop() { i.end(os.Interrupt) }

// Kill ends it without a word and waits.
func (i *Influxd) Kill() { i.end(os.Kill) }

func (i *Influxd) end(how os.Signal) {
	if i.cmd == nil || i.cmd.Process == nil || i.done == nil {
		return
	}
	_ = i.cmd.Process.Signal(how) // it may have ended by itself
	<-i.done
}

// Query runs InfluxQL and returns the answer's JSON.
func (i *Influxd) Query(influxQL string) string {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.URL()+"/query?db=steward&epoch=ns", strings.NewReader("q="+urlEscape(influxQL)))
	if err != nil {
		i.t.Fatalf("influxd: %v", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		i.t.Fatalf("influxd: %s: %v", influxQL, err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		i.t.Fatalf("influxd: %s: %s %s %v", influxQL, answer.Status, body.String(), err)
	}
	return body.String()
}

func urlEscape(s string) string {
	return strings.NewReplacer("%", "%25", "+", "%2B", "&", "%26", ";", "%3B", " ", "+").Replace(s)
}

func findInfluxd(t testing.TB) string {
	t.Helper()
	if exe := os.Getenv("STEWARD_INFLUXD"); exe != "" {
		return exe
	}
	if exe, err := exec.LookPath("influxd"); err == nil {
		return exe
	}
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		if exe := filepath.Join(dir, ".tools", "influxd"); isFile(exe) {
			return exe
		}
	}
	t.Fatal("influxd is missing: run `make tools`")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// freeAddress is a loopback address that nobody listened on a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Poll asks until the answer is yes, and fails the test after the limit.
func Poll(t testing.TB, limit time.Duration, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", limit, what)
		}
	}
}

// syncBuffer is a log that a process writes while a test reads it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
