package influx

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

func fail(status int, header ...string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("X-Influxdb-Error", fmt.Sprintf("made status %d", status))
		w.WriteHeader(status)
	}
}

func TestTroubleThatPassesIsRetried(t *testing.T) {
	for _, c := range []struct {
		name string
		bad  func(w http.ResponseWriter)
		wait time.Duration // at least
	}{
		{"500", fail(500), 0}, {"503", fail(503), 0}, {"408", fail(408), 0},
		{"429 with Retry-After in seconds", fail(429, "Retry-After", "7"), 7 * time.Second},
		{"503 with Retry-After as a date", fail(503, "Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat)), time.Minute},
		{"connection reset", reset, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, func(n int, _ []string, w http.ResponseWriter, _ *http.Request) bool {
				if n <= 3 {
					c.bad(w)
				}
				return n <= 3
			})
			r := newRig(s.URL)
			b := testBatch(10)
			r.mustConsume(t, b)
			if got := s.stored(); !slices.Equal(got, linesOf(b)) {
				t.Errorf("stored %v, want %v", got, linesOf(b))
			}
			if len(r.ledger.Refused()) > 0 {
				t.Errorf("refused %v", r.ledger.Refused())
			}
			st := r.Status()
			if st.State != gateway.StateUp || st.Retries != 3 || st.Stored != 10 {
				t.Errorf("status %+v, want up, 3 retries, 10 stored", st)
			}
			for _, p := range r.pauses[:3] {
				if p < c.wait || p == 0 {
					t.Errorf("paused %v, want at least %s each", r.pauses[:3], c.wait)
				}
			}
		})
	}
}

// reset cuts the connection in the middle.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that Close sends a reset
	}
	_ = conn.Close() // the peer sees it, that is all we want
}

func TestWhatSomebodyMustFixIsKeptAndSaid(t *testing.T) {
	for status, advice := range map[int]string{
		401: "influxdb.token", 403: "right to write", 404: "create bucket", 405: "is influxdb.url an InfluxDB",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newServer(t, func(_ int, _ []string, w http.ResponseWriter, _ *http.Request) bool {
				fail(status)(w)
				return true
			})
			r := newRig(s.URL)
			ctx, cancel := context.WithCancel(t.Context())
			r.wait = func(ctx context.Context, d time.Duration) error {
				if r.pauses = append(r.pauses, d); len(r.pauses) == 5 {
					cancel()
				}
				return ctx.Err()
			}
			err := r.Consume(ctx, testBatch(10))
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("consume: %v, want it to go on until the context ends", err)
			}
			if r.ledger.At(Name) != 0 || len(r.ledger.Refused()) > 0 {
				t.Errorf("the batch was given up: at %d, refused %v", r.ledger.At(Name), r.ledger.Refused())
			}
			st := r.Status()
			if st.State != gateway.StateDown || !strings.Contains(st.Error, advice) || !strings.Contains(st.Error, fmt.Sprint("made status ", status)) {
				t.Errorf("status %+v, want down with %q", st, advice)
			}
			if r.pauses[0] < 2*time.Second || r.pauses[4] < 30*time.Second {
				t.Errorf("paused %v, want slow and slower", r.pauses)
			}
		})
	}
}

func TestAPageForBrowsersIsNoRefusal(t *testing.T) {
	s := newServer(t, func(n int, _ []string, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadRequest)
		}
		return n == 1
	})
	r := newRig(s.URL)
	r.mustConsume(t, testBatch(3))
	if len(r.ledger.Refused()) > 0 || len(s.stored()) != 3 {
		t.Errorf("refused %v, stored %v", r.ledger.Refused(), s.stored())
	}
}

// refusing answers 400 to a request that holds a bad line; partial makes it
// keep the others, as InfluxDB does.
func refusing(s **server, bad func(string) bool, partial bool) func(int, []string, http.ResponseWriter, *http.Request) bool {
	return func(_ int, lines []string, w http.ResponseWriter, _ *http.Request) bool {
		n := 0
		for _, l := range lines {
			if bad(l) {
				n++
			} else if partial {
				(*s).keep([]string{l})
			}
		}
		if n == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Influxdb-Error", fmt.Sprintf(`partial write: field type conflict dropped=%d`, n))
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
}

func TestBadLinesAreFoundAndSetAside(t *testing.T) {
	for _, partial := range []bool{false, true} {
		for _, bad := range [][]int{{0}, {999}, {500}, {3, 4, 5}, {0, 250, 251, 999}} {
			t.Run(fmt.Sprint(partial, bad), func(t *testing.T) {
				isBad := map[string]bool{}
				b := testBatch(1000)
				for _, i := range bad {
					isBad[string(b.Entries[i].Line)] = true
				}
				var s *server
				s = newServer(t, refusing(&s, func(l string) bool { return isBad[l] }, partial))
				r := newRig(s.URL)
				r.mustConsume(t, b)
				var refused []string
				for _, x := range r.ledger.Refused() {
					refused = append(refused, string(x.Line))
					if !isBad[string(x.Line)] || !strings.Contains(x.Reason, "field type conflict") || string(b.Entries[x.Seq-1].Line) != string(x.Line) {
						t.Errorf("refused %d %q: %q", x.Seq, x.Line, x.Reason)
					}
				}
				if len(refused) != len(bad) {
					t.Errorf("refused %d lines, want %d", len(refused), len(bad))
				}
				if got := len(s.stored()); got != 1000-len(bad) {
					t.Errorf("stored %d lines, want %d", got, 1000-len(bad))
				}
				st := r.Status()
				if st.Refused != uint64(len(bad)) || len(st.Samples) != len(bad) || st.State != gateway.StateWarning || st.Stored != uint64(1000-len(bad)) {
					t.Errorf("status %+v", st)
				}
			})
		}
	}
}

func TestLinesRefusedAgainAndAgainCostTwoRequests(t *testing.T) {
	var s *server
	s = newServer(t, refusing(&s, func(l string) bool { return strings.Contains(l, "asset=a-7,") || strings.Contains(l, "asset=a-70,") }, true))
	r := newRig(s.URL)
	r.mustConsume(t, testBatch(100))
	before := s.count()
	r.mustConsume(t, testBatch(100))
	if n := s.count() - before; n > 2 {
		t.Errorf("the second batch took %d requests, want 2", n)
	}
	if n := len(r.ledger.Refused()); n != 4 {
		t.Errorf("refused %d lines, want 4", n)
	}
	s.mend()
	r.mustConsume(t, testBatch(100))
	before = s.count()
	r.mustConsume(t, testBatch(100))
	if n := s.count() - before; n != 1 {
		t.Errorf("after the mending a batch took %d requests, want 1", n)
	}
}

func TestTooLargeIsSplit(t *testing.T) {
	const limit = 2000
	s := newServer(t, func(_ int, lines []string, w http.ResponseWriter, _ *http.Request) bool {
		if len(strings.Join(lines, "\n"))+1 > limit {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		return false
	})
	r := newRig(s.URL)
	b := testBatch(100)
	long := "pump,asset=long text=\"" + strings.Repeat("x", 3000) + "\",received=1i 1"
	b.Entries[40].Line = []byte(long)
	r.mustConsume(t, b)
	if got := len(s.stored()); got != 99 {
		t.Errorf("stored %d lines, want 99", got)
	}
	refused := r.ledger.Refused()
	if len(refused) != 1 || string(refused[0].Line) != long || !strings.Contains(refused[0].Reason, "too large") {
		t.Fatalf("refused %v", refused)
	}
	before := s.count()
	b.Entries[40].Line = []byte(testLine(40))
	r.mustConsume(t, b)
	if n := s.count() - before; n > 16 {
		t.Errorf("the size was not learned: %d requests", n)
	}
}

func TestAServerThatHangsIsGivenUpInTime(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, func(n int, _ []string, _ http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		select { // the client goes, or the test ends
		case <-r.Context().Done():
		case <-release:
		}
		return true
	})
	defer close(release)
	r := newRig(s.URL)
	client, httpClient, err := newClient(r.opt.Config, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	r.api, r.http = client.WriteAPIBlocking("", "steward/autogen"), httpClient
	r.mustConsume(t, testBatch(5))
	if len(s.stored()) != 5 || r.Status().Retries != 1 {
		t.Errorf("stored %d, status %+v", len(s.stored()), r.Status())
	}
}

func TestAServerThatDoesNotSpeakHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n') // whatever it is
			_, _ = io.WriteString(c, "SSH-2.0-nonsense\r\n")
			_ = c.Close()
		}
	})
	defer wg.Wait()
	defer l.Close()
	r := newRig("http://" + l.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	r.wait = func(ctx context.Context, d time.Duration) error { cancel(); return ctx.Err() }
	if err := r.Consume(ctx, testBatch(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("consume: %v", err)
	}
	if st := r.Status(); st.State != gateway.StateDown || st.Error == "" {
		t.Errorf("status %+v, want down and why", st)
	}
}

func TestPaces(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := NewSink(Options{Config: config.InfluxDB{Flush: 100 * time.Millisecond, Drain: 1000, MaxBatch: 500}, Now: func() time.Time { return now }})
	entries := func(n int, first, last time.Duration) (e []gateway.Entry) {
		for i := range n {
			at := now.Add(first + (last-first)*time.Duration(i)/time.Duration(max(1, n-1)))
			e = append(e, gateway.Entry{Line: fmt.Appendf(nil, "m,asset=a v=1,received=%di 1", at.UnixNano())})
		}
		return e
	}
	for _, c := range []struct {
		name    string
		entries []gateway.Entry
		want    time.Duration
	}{
		{"a small live batch", entries(3, -20*time.Millisecond, 0), 100 * time.Millisecond},
		{"a full live batch", entries(500, -20*time.Millisecond, 0), 0},
		{"backlog at the drain's rate", entries(500, -time.Hour, -time.Hour+10*time.Second), 500 * time.Millisecond},
		{"backlog that was written faster than that", entries(500, -time.Hour, -time.Hour+100*time.Millisecond), 50 * time.Millisecond},
		{"nothing", nil, 0},
	} {
		if got := s.gap(c.entries, now); got != c.want {
			t.Errorf("%s: the next begins %s later, want %s", c.name, got, c.want)
		}
	}
}

func TestAnEmptyBatchStillMovesTheCursor(t *testing.T) {
	r := newRig("http://127.0.0.1:1")
	r.mustConsume(t, gateway.Batch{Last: 17})
}

func TestALedgerThatFailsIsAnError(t *testing.T) {
	s := newServer(t, nil)
	r := newRig(s.URL)
	r.ledger.Fail(errors.New("no space"))
	if err := r.Consume(t.Context(), testBatch(1)); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("consume: %v", err)
	}
}
