package embedded

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	// perWindow is how many lines of one kind are logged in a window; the rest
	// are counted: a device that keeps doing what it may not do must not fill
	// the log.
	perWindow = 5
	logWindow = time.Minute
	maxKinds  = 1000
)

// logger passes the server's log on. A fatal error is kept for Start: the
// process goes on.
type logger struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	err   error
	kinds map[string]*kind // by format
}

// kind is what was logged with one format in the present window.
type kind struct {
	since  time.Time
	lines  int
	silent int // not logged
}

func (l *logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *logger) Warnf(format string, v ...any)   { l.warn(format, v...) }
func (l *logger) Errorf(format string, v ...any)  { l.warn(format, v...) }
func (l *logger) Debugf(string, ...any)           {}
func (l *logger) Tracef(string, ...any)           {}

func (l *logger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf(format, v...)
	}
}

func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// warn logs a line, unless there were many of its kind of late. The server's
// errors are warnings here: they are about a client, and the broker goes on.
func (l *logger) warn(format string, v ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") { // they come from secret files and live in memory only
		return
	}
	if silent, ok := l.mayLog(format); ok {
		args := []any{"said", fmt.Sprintf(format, v...)}
		if silent > 0 {
			args = append(args, "not_logged", silent)
		}
		l.log.Warn("embedded broker", args...)
	}
}

// mayLog reports whether a line of the format may be logged now, and how many
// were not since the last one.
func (l *logger) mayLog(format string) (silent int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[format]
	if k == nil {
		if l.kinds == nil || len(l.kinds) >= maxKinds {
			l.kinds = map[string]*kind{}
		}
		k = &kind{}
		l.kinds[format] = k
	}
	if now := l.now(); now.Sub(k.since) >= logWindow {
		k.since, k.lines = now, 0
	}
	if k.lines++; k.lines > perWindow {
		k.silent++
		return 0, false
	}
	silent, k.silent = k.silent, 0
	return silent, true
}
