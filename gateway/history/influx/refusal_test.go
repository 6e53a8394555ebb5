package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

func answer400(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"code":"invalid","message":%q}`, message) // the sink would fail the test
}

func refuseAll(_ int, _ []string, w http.ResponseWriter, _ *http.Request) bool {
	answer400(w, "org must be given")
	return true
}

func TestAServerThatRefusesEveryLineIsAMistakeToFix(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  int
		before int // lines that were stored before the mistake
	}{
		{"from the start", 100, 0}, {"from the start, one line", 1, 0},
		{"after it worked", 100, 3}, {"after it worked, one line", 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, nil)
			r := newRig(s.URL)
			r.mustConsume(t, testBatch(c.before))
			s.mu.Lock()
			s.plan = refuseAll
			s.mu.Unlock()
			var pauses []time.Duration
			var during gateway.SinkStatus
			r.wait = func(ctx context.Context, d time.Duration) error {
				if pauses = append(pauses, d); len(pauses) == 12 {
					during = r.Status()
					s.mend()
				}
				return ctx.Err()
			}
			var lines []string
			for i := range c.lines {
				lines = append(lines, testLine(1000+i))
			}
			b := batchOf(lines...)
			r.mustConsume(t, b)
			if during.State != gateway.StateDown || during.Refused != 0 ||
				!strings.Contains(during.Error, "org must be given") || !strings.Contains(during.Error, "check influxdb.org") {
				t.Errorf("while it refused everything: %+v, want down, why and what to fix", during)
			}
			if pauses[0] < 2*time.Second || pauses[11] < 30*time.Second {
				t.Errorf("paused %v, want slow and slower", pauses)
			}
			if refused := r.ledger.Refused(); len(refused) > 0 {
				t.Errorf("%d lines were set aside, the first %+v", len(refused), refused[0])
			}
			for _, l := range lines {
				if !slices.Contains(s.stored(), l) {
					t.Fatalf("%s was lost", l)
				}
			}
			if st := r.Status(); st.State != gateway.StateUp || st.Error != "" || st.Stored != uint64(c.lines+c.before) {
				t.Errorf("after the mending: %+v", st)
			}
		})
	}
}

// TestARefusalThatNamesNoLine has reasons of a server that we do not know:
// what it takes of the others decides.
func TestARefusalThatNamesNoLine(t *testing.T) {
	for _, reason := range []string{"no such thing", "partial write: field type conflict dropped=1"} {
		for _, bad := range [][]int{{0}, {57}, {99}, {0, 1, 2, 3, 4, 5, 6, 7, 8}} {
			t.Run(fmt.Sprint(reason, bad), func(t *testing.T) {
				b := testBatch(100)
				isBad := map[string]bool{}
				for _, i := range bad {
					isBad[string(b.Entries[i].Line)] = true
				}
				s := newServer(t, func(_ int, lines []string, w http.ResponseWriter, _ *http.Request) bool {
					if !slices.ContainsFunc(lines, func(l string) bool { return isBad[l] }) {
						return false
					}
					answer400(w, reason)
					return true
				})
				r := newRig(s.URL)
				now := time.Unix(1_800_000_000, 0)
				r.opt.Now = func() time.Time { return now }
				r.mustConsume(t, b)
				if len(s.stored()) != 100-len(bad) || len(r.ledger.Refused()) != len(bad) {
					t.Fatalf("stored %d, set aside %d; want %d, %d", len(s.stored()), len(r.ledger.Refused()), 100-len(bad), len(bad))
				}
				st := r.Status()
				if st.State != gateway.StateWarning || !strings.Contains(st.Error, reason) || st.Retries != 0 {
					t.Errorf("status %+v, want a warning and why", st)
				}
				good := batchOf(testLine(500))
				now = now.Add(cleanStretch - time.Second)
				r.mustConsume(t, good)
				if st := r.Status(); st.State != gateway.StateWarning {
					t.Errorf("soon after the refusal: %+v", st)
				}
				now = now.Add(time.Second)
				r.mustConsume(t, good)
				if st := r.Status(); st.State != gateway.StateUp || st.Error != "" || st.Refused != uint64(len(bad)) {
					t.Errorf("after a clean stretch: %+v", st)
				}
			})
		}
	}
}

// TestOneGoodLineAmongBadOnesIsFound has nothing stored yet and a reason that
// says nothing.
func TestOneGoodLineAmongBadOnesIsFound(t *testing.T) {
	b := testBatch(100)
	good := string(b.Entries[43].Line)
	s := newServer(t, func(_ int, lines []string, w http.ResponseWriter, _ *http.Request) bool {
		if len(lines) == 1 && lines[0] == good {
			return false
		}
		answer400(w, "no")
		return true
	})
	r := newRig(s.URL)
	r.mustConsume(t, b)
	if len(r.ledger.Refused()) != 99 || len(s.stored()) != 1 || r.Status().State != gateway.StateWarning {
		t.Errorf("set aside %d, stored %d, status %+v", len(r.ledger.Refused()), len(s.stored()), r.Status())
	}
}

// TestTroubleWhileWitnessesAreHeardSetsNothingAside: the server falls over
// between the refusal and the question whether it takes anything.
func TestTroubleWhileWitnessesAreHeardSetsNothingAside(t *testing.T) {
	s := newServer(t, func(n int, _ []string, w http.ResponseWriter, _ *http.Request) bool {
		switch n {
		case 1:
			return false
		case 2:
			answer400(w, "no")
			return true
		case 3:
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	r := newRig(s.URL)
	r.mustConsume(t, testBatch(1))
	r.mustConsume(t, testBatch(1))
	if len(r.ledger.Refused()) > 0 || r.Status().Retries != 1 || r.Status().State != gateway.StateUp {
		t.Errorf("set aside %v, status %+v", r.ledger.Refused(), r.Status())
	}
}

func TestTheEndWhileEverythingIsRefused(t *testing.T) {
	s := newServer(t, refuseAll)
	r := newRig(s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	r.wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	if err := r.Consume(ctx, testBatch(100)); !errors.Is(err, context.Canceled) {
		t.Errorf("consume: %v", err)
	}
	if r.ledger.At(Name) != 0 {
		t.Errorf("the ledger is at %d, want 0", r.ledger.At(Name))
	}
}
