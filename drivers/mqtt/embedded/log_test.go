package embedded

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLogDoesNotRepeatItself(t *testing.T) {
	var b strings.Builder
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := &logger{log: slog.New(slog.NewTextHandler(&b, nil)), now: func() time.Time { return now }}
	for range 100 {
		l.Errorf("%s - Publish Violation", "x")
	}
	l.Warnf("something else")
	if n := strings.Count(b.String(), "Violation"); n != perWindow || !strings.Contains(b.String(), "something else") {
		t.Errorf("%d lines, want %d and the other one:\n%s", n, perWindow, b.String())
	}
	now = now.Add(logWindow)
	l.Errorf("%s - Publish Violation", "x")
	if !strings.Contains(b.String(), "not_logged=95") {
		t.Errorf("the silent ones are not counted:\n%s", b.String())
	}
}
