package embedded

import (
	"testing"

	"steward/gateway"
	"steward/gateway/history/historytest"
)

func TestContract(t *testing.T) {
	historytest.Run(t, func(t *testing.T, site *gateway.Site) historytest.Subject {
		s := mustOpen(t, Options{Dir: t.TempDir(), Site: site, Ledger: &historytest.Ledger{}})
		return historytest.Subject{History: s, Consumer: s}
	})
}

func mustOpen(t testing.TB, opt Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
