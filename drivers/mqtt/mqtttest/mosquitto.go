// Package mqtttest runs a real mosquitto for tests.
package mqtttest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Mosquitto is a real broker in its own process, with its state in a folder
// that outlives a restart.
type Mosquitto struct {
	Addr string // host:port, loopback
	t    testing.TB
	conf string
	out  bytes.Buffer
	cmd  *exec.Cmd
}

// Start runs a broker that anybody on this machine may use and that never
// drops a message for its queue's length. Lines of extra are added to its
// configuration. It ends with the test.
func Start(t testing.TB, extra string) *Mosquitto {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	m := &Mosquitto{t: t, Addr: l.Addr().String()}
	l.Close()
	dir := t.TempDir()
	m.conf = filepath.Join(dir, "mosquitto.conf")
	conf := fmt.Sprintf("per_listener_settings false\nallow_anonymous true\nlistener %s 127.0.0.1\npersistence true\npersistence_location %s/\n"+
		"max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 0\nset_tcp_nodelay true\nlog_type error\n", port, dir)
	if os.Getuid() == 0 {
		conf += "user root\n"
	}
	if err := os.WriteFile(m.conf, []byte(conf+extra), 0o600); err != nil {
		t.Fatal(err)
	}
	m.Start()
	t.Cleanup(m.Stop)
	return m
}

// Start runs the broker again after Stop.
func (m *Mosquitto) Start() {
	m.t.Helper()
	m.cmd = exec.Command(Tool(m.t, "mosquitto"), "-c", m.conf)
	m.cmd.Stdout, m.cmd.Stderr = &m.out, &m.out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	late := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", m.Addr); err == nil {
			c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-late:
			m.t.Fatalf("mosquitto does not listen on %s", m.Addr)
		}
	}
}

// Stop ends the broker as a service manager would; it keeps its sessions.
func (m *Mosquitto) Stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(os.Interrupt)
	_ = m.cmd.Wait()
	m.cmd = nil
	if m.t.Failed() && m.out.Len() > 0 {
		m.t.Logf("mosquitto said:\n%s", m.out.String())
	}
}

// Tool finds a program of mosquitto.
func Tool(t testing.TB, name string) string {
	t.Helper()
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	p := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("%s is not installed: run `make tools`", name)
	}
	return p
}
