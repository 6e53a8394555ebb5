package journal_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/journal"
	"steward/gateway/journal/journaltest"
)

var _ gateway.Emit = (*journal.Journal)(nil).Emit

func TestContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journaltest.Run(t, func(t *testing.T, name string) journaltest.Journal {
		t.Helper()
		j, err := journal.Open(context.Background(), journal.Options{
			Dir: filepath.Join(dir, name), Site: journaltest.Site(), MaxBytes: 64 << 20,
			Readers: []string{"one", "two"}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return j
	})
}
