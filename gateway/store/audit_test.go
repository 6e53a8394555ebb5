package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// logged is a store with an audit log of five rows, and five of another site.
func logged(t *testing.T) *Store {
	t.Helper()
	s := fresh(t)
	for i := range 5 {
		for _, where := range []string{site, "other"} {
			ok(t, s.Record(context.Background(), where, Acted{By: "wang", Do: "note", About: fmt.Sprint("T", i), Text: "说明", At: epoch.Add(time.Duration(i) * time.Hour)}))
		}
	}
	return s
}

func TestAuditChain(t *testing.T) {
	s := logged(t)
	ok(t, s.Commit(context.Background(), first())) // its Action is the sixth
	for where, want := range map[string]int{site: 6, "other": 5, "nowhere": 0} {
		if checked, err := s.VerifyAudit(context.Background(), where); checked != want || err != nil {
			t.Fatalf("%s: %d rows, %v", where, checked, err)
		}
	}
}

// Every way to tamper with the log names the row.
func TestATamperedAuditLog(t *testing.T) {
	unlock := []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"}
	for name, c := range map[string]struct {
		do   []string
		row  int64
		good int
	}{
		"who":          {[]string{"UPDATE audit SET who = 'li' WHERE site = 'garden' AND no = 3"}, 3, 2},
		"what":         {[]string{"UPDATE audit SET what = 'close' WHERE site = 'garden' AND no = 1"}, 1, 0},
		"about":        {[]string{"UPDATE audit SET about = 'T9' WHERE site = 'garden' AND no = 5"}, 5, 4},
		"when":         {[]string{"UPDATE audit SET at = at + 1 WHERE site = 'garden' AND no = 2"}, 2, 1},
		"text moved":   {[]string{"UPDATE audit SET about = about || '说', text = '明' WHERE site = 'garden' AND no = 4"}, 4, 3},
		"hash":         {[]string{"UPDATE audit SET hash = zeroblob(32) WHERE site = 'garden' AND no = 4"}, 4, 3},
		"taken out":    {[]string{"DELETE FROM audit WHERE site = 'garden' AND no = 2"}, 2, 1},
		"cut off":      {[]string{"DELETE FROM audit WHERE site = 'garden' AND no > 3"}, 4, 3},
		"all gone":     {[]string{"DELETE FROM audit WHERE site = 'garden'"}, 1, 0},
		"put in":       {[]string{"INSERT INTO audit SELECT site, 6, at, who, what, about, text, hash FROM audit WHERE site = 'garden' AND no = 5"}, 6, 5},
		"other site's": {[]string{"DELETE FROM audit WHERE site = 'garden'", "UPDATE audit SET site = 'garden'"}, 1, 0},
		"head":         {[]string{"DELETE FROM audit_heads WHERE site = 'garden'"}, 6, 5},
		"head moved":   {[]string{"UPDATE audit_heads SET no = 3 WHERE site = 'garden'"}, 5, 5},
	} {
		s := logged(t)
		for _, q := range append(unlock, c.do...) {
			if _, err := s.w.Exec(q); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		checked, err := s.VerifyAudit(context.Background(), site)
		var broken *Broken
		if !errors.As(err, &broken) || broken.No != c.row || broken.Site != site || checked != c.good {
			t.Errorf("%s: want row %d after %d good ones, got %d and %v", name, c.row, c.good, checked, err)
		}
		// The log goes on, and the break stays to be seen.
		ok(t, s.Record(context.Background(), site, Acted{By: "li", Do: "sign_in", At: epoch}))
		if _, err := s.VerifyAudit(context.Background(), site); err == nil && name != "head" && name != "head moved" {
			t.Errorf("%s: the next row hid it", name)
		}
	}
}

func TestTheAuditLogIsOnlyAddedTo(t *testing.T) {
	s := logged(t)
	for _, q := range []string{"UPDATE audit SET who = 'li'", "DELETE FROM audit"} {
		if _, err := s.w.Exec(q); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestAuditFilters(t *testing.T) {
	s := logged(t)
	ok(t, s.Record(context.Background(), site, Acted{By: "li\x00", Do: "sign_in", About: "li", Text: "bad \xff text", At: epoch.Add(9 * time.Hour)}))
	for name, c := range map[string]struct {
		f    AuditFilter
		want []int64
	}{
		"all":    {AuditFilter{}, []int64{6, 5, 4, 3, 2, 1}},
		"by":     {AuditFilter{By: "li"}, []int64{6}},
		"do":     {AuditFilter{Do: []string{"note"}, Limit: 2}, []int64{5, 4}},
		"about":  {AuditFilter{About: "T2"}, []int64{3}},
		"after":  {AuditFilter{After: 3}, []int64{2, 1}},
		"within": {AuditFilter{From: epoch.Add(time.Hour), To: epoch.Add(3 * time.Hour)}, []int64{3, 2}},
	} {
		got, err := s.Audit(context.Background(), site, c.f)
		ok(t, err)
		var nos []int64
		for _, r := range got {
			nos = append(nos, r.No)
		}
		same(t, name, nos, c.want)
	}
	if checked, err := s.VerifyAudit(context.Background(), site); checked != 6 || err != nil {
		t.Fatalf("%d rows, %v", checked, err)
	}
}
