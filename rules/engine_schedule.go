package rules

// startSchedule finds out whether a schedule holds and when it changes.
func (e *Engine) startSchedule(i int32, at int64) {
	c := e.calendars[i]
	inside, next := c.at(at)
	c.holds = inside
	if len(c.watchers) > 0 {
		c.armed = 0
		e.timers.arm(&c.armed, next, timerSchedule|uint32(i))
	}
}

// edge lets the rules see that a schedule began or ended. Several edges may
// turn out to be none: the end of a day on which nothing ends.
func (e *Engine) edge(i int32, due int64) {
	c := e.calendars[i]
	if c.armed != due {
		return
	}
	c.armed = 0
	inside, next := c.at(due)
	e.timers.arm(&c.armed, next, timerSchedule|uint32(i))
	if c.holds == inside {
		return
	}
	c.holds = inside
	e.begin()
	for _, k := range c.watchers {
		e.touch(k)
	}
	e.judgeTouched(due)
}
