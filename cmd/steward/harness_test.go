package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand in for steward: a process of that name
// runs main, so that whole-process tests run what was built with -race. The
// load of the benchmarks has processes of its own too.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"steward": main, "load-modbus": loadModbus, "load-mqtt": loadMQTT})
}

const testPassword = "correct horse battery"

// process is a running steward.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string // of the page
	lines chan string
	mu    sync.Mutex
	log   bytes.Buffer // standard error
	done  chan struct{}
	err   error
}

// start runs steward with args and waits until it serves its page.
func start(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := launch(t, env, args...)
	p.url = strings.TrimPrefix(p.waitLine("listening on "), "listening on ")
	return p
}

// launch runs steward with args; the test's end kills it.
func launch(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	return launchWith(t, nil, env, args...)
}

// launchWith also gives it an input; nil: none.
func launchWith(t testing.TB, in *os.File, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("steward", args...), lines: make(chan string, 100), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p
	if in != nil {
		p.cmd.Stdin = in
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start steward: %v", err)
	}
	go func() { // ends when the process closes its output
		defer close(p.done)
		defer close(p.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			p.lines <- s.Text()
		}
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of steward %v:\n%s", args, tail(p.logText(), 4000))
		}
	})
	return p
}

// Write keeps the process's log.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) logText() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// waitLine returns the next line of output that begins with prefix.
func (p *process) waitLine(prefix string) string {
	p.t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("steward ended before it printed %q; its log:\n%s", prefix, p.logText())
			}
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-late.C:
			p.t.Fatalf("steward did not print %q in a minute; its log:\n%s", prefix, p.logText())
		}
	}
}

// kill ends the process at once, as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the process to end and returns how long it took; a bad exit
// status fails the test.
func (p *process) stop() time.Duration {
	p.t.Helper()
	began := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
	if p.err != nil {
		p.t.Errorf("steward ended with %v; its log:\n%s", p.err, tail(p.logText(), 2000))
	}
	return time.Since(began)
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "…" + s[len(s)-n:]
}

// usage returns the CPU time the process has used and its peak memory.
func (p *process) usage() (cpu time.Duration, peak int64) {
	p.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	var user, system int64
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	if _, after, ok := bytes.Cut(status, []byte("VmHWM:")); ok {
		fmt.Sscan(string(after), &peak)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, peak << 10
}

// dataFolder makes a data folder with the admin's password set.
func dataFolder(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	c := exec.Command("steward", "user", "passwd", "admin", "--data", dir)
	c.Stdin = strings.NewReader(testPassword + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("set password: %v: %s", err, out)
	}
	return dir
}

// page is a signed-in client of a running steward.
type page struct {
	t      testing.TB
	url    string
	client *http.Client
}

func signIn(t testing.TB, url, password string) *page {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	pg := &page{t: t, url: url, client: &http.Client{Jar: jar}}
	body := fmt.Sprintf(`{"user":"admin","password":%q}`, password)
	r, err := pg.client.Post(url+"/api/v1/session", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(r.Body)
		t.Fatalf("sign in: %s: %s", r.Status, text)
	}
	return pg
}

// get fetches a path and decodes its JSON into v.
func (pg *page) get(path string, v any) {
	pg.t.Helper()
	r, err := pg.client.Get(pg.url + path)
	if err != nil {
		pg.t.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	if r.StatusCode != http.StatusOK {
		pg.t.Fatalf("GET %s: %s: %s", path, r.Status, text)
	}
	if err := json.Unmarshal(text, v); err != nil {
		pg.t.Fatalf("GET %s: %v: %s", path, err, tail(string(text), 300))
	}
}

// event is one server-sent event.
type event struct {
	name string
	data []byte
	at   time.Time
}

// live streams events until the test ends or ctx does.
func (pg *page) live(ctx context.Context, path string) <-chan event {
	pg.t.Helper()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, pg.url+path, nil)
	if err != nil {
		pg.t.Fatal(err)
	}
	r, err := pg.client.Do(q)
	if err != nil {
		pg.t.Fatal(err)
	}
	if r.StatusCode != http.StatusOK {
		pg.t.Fatalf("GET %s: %s", path, r.Status)
	}
	events := make(chan event, 1000)
	go func() { // ends with ctx or the server
		defer close(events)
		defer r.Body.Close()
		in := bufio.NewReaderSize(r.Body, 1<<20)
		var e event
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimRight(line, "\n")
			switch {
			case line == "" && e.name != "":
				e.at = time.Now()
				events <- e
				e = event{}
			case strings.HasPrefix(line, "event: "):
				e.name = line[len("event: "):]
			case strings.HasPrefix(line, "data: "):
				e.data = append(e.data, line[len("data: "):]...)
			}
		}
	}()
	return events
}

// eventually polls until ok returns true, and fails the test after the limit.
func eventually(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	late := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// freePort returns a loopback port that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
