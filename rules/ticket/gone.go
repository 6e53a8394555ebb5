package ticket

import "time"

// closed is the last closed ticket of a fault, kept for as long as its coming
// back is worth a mark.
type closed struct {
	ID string
	At time.Time

	timer timer
}

// remember keeps a closed ticket until its fault may come back unmarked.
func (d *Desk) remember(k key, c *closed) {
	if was, ok := d.gone[k]; ok {
		d.queue.drop(&was.timer)
	}
	d.gone[k] = c
	name := goneName(k)
	d.unsaved[name] = func() any { return d.saveGone(k) }
	c.timer = timer{rank: rankGone, name: name, fire: func(time.Time) {
		delete(d.gone, k)
		d.unsaved[name] = func() any { return d.saveGone(k) }
	}}
	d.queue.set(&c.timer, c.At.Add(d.service.Recurrence))
}

func goneName(k key) string { return "gone/" + string(k.asset) + "/" + k.fault }
