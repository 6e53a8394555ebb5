package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"steward/dashboard/web"
)

// inBrowser is a script of dashboard/web/e2e that drives a real browser.
func inBrowser(t testing.TB, limit time.Duration, script string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := web.Dist().Open("index.html"); err != nil {
		t.Fatal("the page is not built into this test: run `make web` first")
	}
	ctx, stop := context.WithTimeout(t.Context(), limit)
	t.Cleanup(stop)
	c := exec.CommandContext(ctx, "node", append([]string{"e2e/" + script}, args...)...)
	c.Dir = root + "/dashboard/web"
	c.Env = os.Environ()
	c.WaitDelay = 5 * time.Second // for what a browser that was cut off still holds
	return c
}

// TestBrowser drives the demo's page with a real browser: every page is
// opened and used, at three sizes, in both languages and both themes, and
// held against axe and its own console. The pictures lie in
// dashboard/web/e2e/shots.
func TestBrowser(t *testing.T) {
	p, password := startDemo(t)
	c := inBrowser(t, 15*time.Minute, "run.mjs")
	c.Env = append(c.Env, "STEWARD_URL="+p.url, "STEWARD_PASSWORD="+password)
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// TestBrowserStandIn drives the page on the stand-in for the gateway, which
// does what no gateway would do on request: it falls silent and is cut off, it
// takes sessions away, it has months of data and 2,000 points. With those the
// page is held to its budget: nothing moves by itself once the data is there,
// and what a person does is on the screen within 100 ms. Of several tries at
// each thing done the median counts, so that a busy machine does not fail it.
func TestBrowserStandIn(t *testing.T) {
	out, err := inBrowser(t, 6*time.Minute, "run.mjs",
		"wrong password", "broken line", "2,000 points within the budget", "phone-zh-light charts").CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(out), "ok    "); n != 4 {
		t.Errorf("%d of 4 runs were made", n)
	}
}

// TestBrowserComesBack holds the page open while the gateway hangs, and while
// it is killed and started again on the same port: within 3 s every value is
// grey, and later the page is live again, though nobody has touched it.
func TestBrowserComesBack(t *testing.T) {
	d := startDuty(t)
	address := strings.TrimPrefix(d.p.url, "http://")
	c := inBrowser(t, 5*time.Minute, "comeback.mjs")
	c.Env = append(c.Env, "STEWARD_URL="+d.p.url, "STEWARD_PASSWORD="+testPassword)
	c.Stderr = os.Stderr
	answer, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	asks, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := map[string]int{}
	for lines := bufio.NewScanner(asks); lines.Scan(); {
		what := lines.Text()
		switch what {
		case "hang":
			_ = d.p.cmd.Process.Signal(syscall.SIGSTOP)
		case "go on":
			_ = d.p.cmd.Process.Signal(syscall.SIGCONT)
		case "kill":
			d.p.kill()
		case "start":
			d.p = start(d, d.env, "run", "--config", d.site, "--data", d.data, "--listen", address)
		default:
			t.Log(what)
			continue
		}
		done[what]++
		fmt.Fprintln(answer, what)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if done["hang"] != 1 || done["go on"] != 1 || done["kill"] != 1 || done["start"] != 1 {
		t.Errorf("what was done to the gateway: %v", done)
	}
}
