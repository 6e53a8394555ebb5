package journal

import (
	"strings"
	"testing"

	"steward/gateway"
)

// TestStatusWarnsFrom80Percent fills the journal bit by bit while its reader
// stands still, then lets the reader catch up.
func TestStatusWarnsFrom80Percent(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "slow")
	opt.MaxBytes = 400_000
	j := open(t, opt)
	steps := 0 // below the limit that warns
	for {
		fill(t, j, 1)
		s := j.Status()
		if s.Bytes*10 >= opt.MaxBytes*8 {
			if s.State != gateway.StateWarning || !strings.HasPrefix(s.Error, "80 % full") && !strings.HasPrefix(s.Error, "81 % full") ||
				!strings.Contains(s.Error, "a reader is behind") {
				t.Errorf("at %d of %d bytes status says %s %q, want a warning and why", s.Bytes, s.MaxBytes, s.State, s.Error)
			}
			if len(s.Dropped) > 0 {
				t.Errorf("the warning came after entries went: %v", s.Dropped)
			}
			break
		}
		if s.State != gateway.StateUp || s.Error != "" {
			t.Fatalf("at %d of %d bytes status says %s %q, want up", s.Bytes, s.MaxBytes, s.State, s.Error)
		}
		steps++
	}
	if steps < 20 {
		t.Errorf("the limit was reached in %d steps: this test looks too coarsely", steps)
	}
	advance(t, j, "slow", j.Status().Last)
	eventually(t, "the warning ends when the reader has caught up", func() bool { return j.Status().State == gateway.StateUp })
}
