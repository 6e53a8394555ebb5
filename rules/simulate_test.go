package rules

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway/duty"
	"steward/gateway/store"
	"steward/rules/book"
)

// simSeeds are the lives to live: 200, as many as STEWARD_SEEDS says, or the
// one that STEWARD_SEED names.
func simSeeds(t *testing.T, otherwise uint64) (from, to uint64) {
	number := func(name string) (uint64, bool) {
		text, ok := os.LookupEnv(name)
		n, err := strconv.ParseUint(text, 10, 64)
		if ok && err != nil {
			t.Fatalf("%s=%q: want a number", name, text)
		}
		return n, ok
	}
	if n, ok := number("STEWARD_SEED"); ok {
		return n, n + 1
	}
	if n, ok := number("STEWARD_SEEDS"); ok {
		return 1, n + 1
	}
	return 1, otherwise + 1
}

// TestSimulatedLives lives random lives of random sites twice: undisturbed,
// and with a runner that is killed between any two steps. Both must bring
// about the same, and end in the same state.
func TestSimulatedLives(t *testing.T) {
	from, to := simSeeds(t, 200)
	seen, kills, refused := map[string]int{}, 0, 0
	var mu sync.Mutex
	t.Run("lives", func(t *testing.T) {
		next := from
		for range 2 {
			t.Run("half", func(t *testing.T) {
				t.Parallel()
				for !t.Failed() {
					mu.Lock()
					seed := next
					next++
					mu.Unlock()
					if seed >= to {
						return
					}
					t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
						own := map[string]int{}
						g := simulate(t, seed, nil, own)
						mu.Lock()
						defer mu.Unlock()
						kills, refused = kills+g.kills, refused+g.refused
						for k, n := range own {
							seen[k] += n
						}
					})
				}
			})
		}
	})
	t.Logf("seeds %d to %d: %d kills, %d refusals of the disk", from, to-1, kills, refused)
	if to-from >= 100 && !t.Failed() {
		simCovered(t, seen)
	}
}

// TestSimulatedLivesInTheStore does the same to the real store.
func TestSimulatedLivesInTheStore(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: time.Now, Log: newLoud(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			g := simulate(t, seed, s, map[string]int{})
			parts := map[string][]byte{}
			if _, err := s.Load(t.Context(), "sim", func(key string, body []byte) error {
				parts[key] = slices.Clone(body)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			sameState(t, "the store", parts, "the keeper", g.keeper.parts)
			if n, err := s.VerifyAudit(t.Context(), "sim"); err != nil || n != len(g.keeper.acted) {
				t.Errorf("%d actions in the audit log, want %d: %v", n, len(g.keeper.acted), err)
			}
		})
	}
}

func simulate(t *testing.T, seed uint64, behind Keeper, seen map[string]int) *simGateway {
	life := live(t, rand.New(rand.NewPCG(seed, 1)), 220)
	life.checkLaws(seen)
	if t.Failed() {
		t.FailNow()
	}
	g := relive(t, life, rand.New(rand.NewPCG(seed, 2)), behind)
	for _, table := range []string{"transitions", "events", "outbox"} {
		sameRows(t, table, life.record.rows[table], g.keeper.record.rows[table])
	}
	for id, row := range life.record.tickets {
		sameRows(t, id, []string{row}, []string{g.keeper.record.tickets[id]})
	}
	if a, b := len(life.record.tickets), len(g.keeper.record.tickets); a != b {
		t.Errorf("%d tickets, want %d", b, a)
	}
	if !t.Failed() {
		sameState(t, "undisturbed", life.state, "stored", g.keeper.parts)
	}
	return g
}

func sameRows(t *testing.T, table string, want, got []string) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		a, b := "nothing", "nothing"
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			t.Errorf("%s, row %d: undisturbed\n%s\nbut after kills\n%s", table, i+1, a, b)
			return
		}
	}
}

// sameState compares two states byte for byte. Left aside are how often
// conditions were judged, and rules of which nothing is known: whether those
// have a part at all depends on whether something was known once.
func sameState(t *testing.T, nameA string, a map[string][]byte, nameB string, b map[string][]byte) {
	t.Helper()
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	bad := 0
	for k := range keys {
		x, y := plainPart(k, a[k]), plainPart(k, b[k])
		if string(x) != string(y) {
			if bad++; bad < 5 {
				t.Errorf("part %s:\n%s %q\n%s %q", k, nameA, x, nameB, y)
			}
		}
	}
}

func plainPart(key string, body []byte) []byte {
	switch {
	case key == "e/n" && len(body) > 32:
		out := slices.Clone(body)
		binary.LittleEndian.PutUint64(out[len(out)-24:], 0) // Stats.Evaluations
		return out
	case strings.HasPrefix(key, "e/i/") && len(body) > 11 && body[9] == byte(book.Unknown) && body[10] == 0:
		return nil
	}
	return body
}

// simCovered fails when the lives never came to something.
func simCovered(t *testing.T, seen map[string]int) {
	var want []string
	for _, s := range duty.AlarmStates() {
		want = append(want, "alarm "+string(s))
	}
	for _, e := range []duty.AlarmEvent{duty.EventRaise, duty.EventClear, duty.EventAcknowledge, duty.EventReset, duty.EventRealarm, duty.EventShelve,
		duty.EventUnshelve, duty.EventSuppress, duty.EventUnsuppress, duty.EventRemove, duty.EventRestore, duty.EventMark} {
		want = append(want, "alarm "+string(e))
	}
	for _, s := range duty.TicketStates() {
		want = append(want, "ticket "+string(s))
	}
	for _, w := range []duty.What{duty.WhatAlarm, duty.WhatAssigned, duty.WhatNote, duty.WhatAttached, duty.WhatPlanned, duty.WhatClassified,
		duty.WhatWarned, duty.WhatBreached, duty.WhatProof, duty.WhatRecurrence, duty.WhatTrend} {
		want = append(want, "event "+string(w))
	}
	want = append(want, "alarm.raise", "alarm.realarm", "ticket.opened", "ticket.reopened", "ticket.warned", "ticket.breached", "ticket.closed")
	for _, w := range want {
		if seen[w] == 0 {
			t.Errorf("no life came to: %s", w)
		}
	}
}
