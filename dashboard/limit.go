package dashboard

import (
	"net/netip"
	"sync"
	"time"
)

// How sign-in attempts are slowed down.
const (
	freeAttempts  = 5                // failures of one address before it has to wait
	firstWait     = time.Second      // doubled with each failure beyond
	longestWait   = 5 * time.Minute  //
	forgetAfter   = 15 * time.Minute // without an attempt
	maxAddresses  = 2048             // remembered at once
	globalBurst   = 40               // failures of everybody together
	globalRefill  = 2 * time.Second  // one more
	ipv6PrefixLen = 64               // what one customer has
)

// limiter slows down who guesses passwords, by address and for all together.
// An attempt counts as a failure from its beginning, so that many at once get
// no further than many in turn.
type limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	clients map[netip.Prefix]*strikes
	spent   int // of globalBurst
	refill  time.Time
}

type strikes struct {
	count int
	until time.Time
	last  time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, clients: map[netip.Prefix]*strikes{}}
}

// client is the address, or for IPv6 the network, that attempts count for.
func client(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = ipv6PrefixLen
	}
	p, _ := a.Prefix(bits) // the zero prefix for an address that is none
	return p
}

// begin counts an attempt, or returns how long to wait before the next one.
func (l *limiter) begin(a netip.Addr) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, key := l.now(), client(a)
	if back := int(now.Sub(l.refill) / globalRefill); back > 0 {
		l.spent = max(0, l.spent-back)
		l.refill = now
	}
	s := l.clients[key]
	switch {
	case s != nil && now.Before(s.until):
		return s.until.Sub(now)
	case l.spent >= globalBurst:
		return max(time.Second, l.refill.Add(globalRefill).Sub(now))
	case s == nil:
		l.makeRoom(now)
		s = &strikes{}
		l.clients[key] = s
	case now.Sub(s.last) > forgetAfter:
		*s = strikes{}
	}
	l.spent++
	s.count++
	s.last = now
	if extra := s.count - freeAttempts; extra >= 0 {
		s.until = now.Add(min(longestWait, firstWait<<min(extra, 20)))
	}
	return 0
}

// succeeded takes the attempt back, and forgives the address.
func (l *limiter) succeeded(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent = max(0, l.spent-1)
	delete(l.clients, client(a))
}

// makeRoom forgets who has not tried for long, or else who tried longest ago.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.clients) < maxAddresses {
		return
	}
	var oldest netip.Prefix
	var since time.Time
	for key, s := range l.clients {
		if now.Sub(s.last) > forgetAfter {
			delete(l.clients, key)
			continue
		}
		if since.IsZero() || s.last.Before(since) {
			oldest, since = key, s.last
		}
	}
	if len(l.clients) >= maxAddresses {
		delete(l.clients, oldest)
	}
}
