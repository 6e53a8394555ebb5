package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// Facts of a flat that a round asks for, and the kind of asset whose open
// ticket, a leak or a sensor's silence, puts its flat first.
const (
	factVacant  = "vacant"
	factVisited = "visited"
	kindLeak    = "leak_sensor"
)

// maxListed is how many flats a round's text names.
const maxListed = 500

func (d *Desk) setUnits(units []Unit) {
	d.flats = slices.Clone(units)
	slices.SortFunc(d.flats, func(a, b Unit) int { return cmp.Compare(a.ID, b.ID) })
	for _, u := range d.flats {
		d.units[u.ID] = u
	}
}

// callRounds starts the rounds of vacant flats that an alarm asks for.
func (d *Desk) callRounds(at time.Time, t *duty.Transition) {
	for _, p := range d.rounds {
		if p.OnFault == t.Alarm.Fault {
			d.round(at, p, t)
		}
	}
}

// round opens the ticket of a round, one at a time. A round that was walked
// before this alarm is closed for the new one.
func (d *Desk) round(at time.Time, p *book.Plan, t *duty.Transition) {
	k := key{fault: planFault + p.ID}
	if j := d.open[k]; j != nil {
		if j.T.State != duty.TicketDone {
			d.add(j, j.after(at), t, true)
			d.schedule(j)
			return
		}
		d.close(j, j.after(at), "", "")
	}
	stops := d.stops()
	if len(stops) == 0 {
		return
	}
	list := d.listStops(stops)
	j := d.start(at, duty.Ticket{
		Fault: k.fault, Title: p.Title, Say: gateway.Text{
			ZH: strings.TrimSpace(p.Detail.In("zh") + "\n" + list.ZH), EN: strings.TrimSpace(p.Detail.In("en") + "\n" + list.EN)},
		Origin: duty.OriginRain, Class: duty.ClassSimple, Priority: priorityOf(&t.Alarm), Trade: p.Trade, Alarms: []string{t.Alarm.ID},
	}, duty.TicketEvent{Alarm: t.Alarm.ID, Say: list})
	j.Plan = p.ID
	for _, s := range stops {
		j.Units = append(j.Units, s.unit.ID)
	}
	d.runAll(j, at, &t.Alarm)
	d.tell(j, at, "opened", "", gateway.Text{})
	d.schedule(j)
}

// stop is a vacant flat on a round.
type stop struct {
	unit    Unit
	tickets []string // open ones of its leak sensors
	visited time.Time
}

// stops lists the vacant flats, riskiest first: those with an open ticket of
// a leak sensor, then those not visited for longest, then by ID.
func (d *Desk) stops() []stop {
	leaks := map[string][]string{}
	for _, j := range d.jobs {
		if a, ok := d.assets[j.T.Asset]; ok && a.Kind == kindLeak && a.Unit != "" && j.Plan == "" {
			leaks[a.Unit] = append(leaks[a.Unit], j.T.ID)
		}
	}
	var stops []stop
	for _, u := range d.flats {
		if vacant, ok := d.view.Fact(factVacant, "", u.ID); !ok || vacant == 0 {
			continue
		}
		slices.SortFunc(leaks[u.ID], compareIDs)
		stops = append(stops, stop{unit: u, tickets: leaks[u.ID], visited: d.factTime(factVisited, "", u.ID)})
	}
	slices.SortStableFunc(stops, func(a, b stop) int {
		return cmp.Or(cmp.Compare(min(1, len(b.tickets)), min(1, len(a.tickets))), a.visited.Compare(b.visited))
	})
	return stops
}

// listStops writes the stops down, one a line.
func (d *Desk) listStops(stops []stop) gateway.Text {
	var zh, en strings.Builder
	for i, s := range stops {
		if i == maxListed {
			fmt.Fprintf(&zh, "……另有 %d 户\n", len(stops)-i)
			fmt.Fprintf(&en, "... and %d more\n", len(stops)-i)
			break
		}
		fmt.Fprintf(&zh, "%d. %s", i+1, cmp.Or(s.unit.Name.In("zh"), s.unit.ID))
		fmt.Fprintf(&en, "%d. %s", i+1, cmp.Or(s.unit.Name.In("en"), s.unit.ID))
		if len(s.tickets) > 0 {
			ids := strings.Join(s.tickets, ", ")
			fmt.Fprintf(&zh, "（未结漏水工单 %s）", ids)
			fmt.Fprintf(&en, " (open leak ticket %s)", ids)
		}
		if s.visited.IsZero() {
			zh.WriteString("，无巡查记录\n")
			en.WriteString(", never visited\n")
			continue
		}
		fmt.Fprintf(&zh, "，上次巡查 %s\n", d.clock(s.visited))
		fmt.Fprintf(&en, ", last visited %s\n", d.clock(s.visited))
	}
	return gateway.Text{ZH: strings.TrimSpace(zh.String()), EN: strings.TrimSpace(en.String())}
}
