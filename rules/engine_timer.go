package rules

// What a timer is for. Of several due at one instant the smaller goes first,
// and within one sort the smaller index.
const (
	timerDelay    uint32 = iota << timerBits // of an instance: a condition held for its delay
	timerFresh                               // of an asset: a value becomes stale
	timerFact                                // a fact ends
	timerSchedule                            // a schedule's edge
	timerLook                                // of an instance: a window or an age moves
)

const (
	timerBits  = 28 // for the index
	timerIndex = 1<<timerBits - 1
)

// timer is one entry of the heap.
type timer struct {
	due int64
	id  uint32
}

func (t timer) before(u timer) bool { return t.due < u.due || t.due == u.due && t.id < u.id }

// timers is a heap by due time. Whoever owns an id remembers when its entry
// is due: an entry of another time is out of date and is passed over, and one
// that is too early puts itself off. So nothing is ever looked up in the heap
// and a reading that only moves a limit further away does not touch it.
type timers []timer

func (h *timers) push(t timer) {
	s := append(*h, t)
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !t.before(s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = t
	*h = s
}

func (h *timers) pop() timer {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if down+1 < len(s) && s[down+1].before(s[down]) {
			down++
		}
		if !s[down].before(last) {
			break
		}
		s[i] = s[down]
		i = down
	}
	s[i] = last
	return top
}

// arm makes sure that an entry of the id is due at due or before; armed is
// where its owner remembers it.
func (h *timers) arm(armed *int64, due int64, id uint32) {
	if *armed == 0 || due < *armed {
		*armed = due
		h.push(timer{due, id})
	}
}
