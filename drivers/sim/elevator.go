package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Figures of a usual passenger lift: invented, plausible.
const (
	floorHeight  = 2.9  // m
	ratedSpeed   = 1.75 // m/s
	acceleration = 0.8  // m/s²
	doorMoves    = 2.5  // s to open or close
	person       = 8.5  // % of rated load
)

// tripsByHour is how often a lift of a tower is called, an hour. The nights
// are busier than real ones: somebody always watches a demo at night.
var tripsByHour = [24]float64{
	45, 45, 45, 45, 45, 45, 50, 95, 100, 60, 45, 50, 65, 50, 42, 42, 50, 75, 100, 95, 75, 55, 45, 45,
}

type door uint8

const (
	doorClosed door = iota
	doorOpening
	doorOpen
	doorClosing
)

// elevator is a lift that answers calls one after another: to where somebody
// waits, doors, to where they want to go, doors.
type elevator struct {
	s   *signals
	rng *rand.Rand

	floors   int
	position float64 // m above the lowest floor
	speed    float64 // m/s, positive upward
	stops    []stop  // still to make
	moving   bool
	target   float64
	door     door
	left     float64 // seconds left of what the door does
	load     float64 // %
	blocked  bool    // light curtain
	voltage  drift
	heat     float64
	trips    float64
	hours    float64
	doors    float64

	held  bool    // an incident: it stands between floors with people in it
	off   bool    // without supply
	since float64 // s since that
}

var (
	_ consumer = (*elevator)(nil)
	_ supplied = (*elevator)(nil)
	_ mortal   = (*elevator)(nil)
)

// stop is one stop: the floor (0-based) and by how many people the car is
// then fuller.
type stop struct {
	floor  int
	people int
}

func newElevator(s *signals, rng *rand.Rand) *elevator {
	e := &elevator{
		s: s, rng: rng,
		floors:  18 + rng.IntN(10),
		voltage: drift{tau: 60, sigma: 3},
		heat:    30,
		trips:   float64(40000 + rng.IntN(200000)),
		hours:   float64(3000 + rng.IntN(9000)),
	}
	e.doors = e.trips * 1.3
	e.position = float64(rng.IntN(e.floors)) * floorHeight
	e.write()
	return e
}

func (e *elevator) step(now time.Time, dt float64) {
	if chance(e.rng, dt, byHour(&tripsByHour, now)) && len(e.stops) < 6 && !e.held && !e.off {
		e.call()
	}
	e.since += dt
	switch {
	case e.held:
	case e.off:
		e.rescue(dt)
	case e.moving:
		e.move(dt)
	case e.door != doorClosed:
		e.moveDoor(dt)
	case len(e.stops) > 0:
		e.depart()
	}
	e.voltage.step(e.rng, dt)
	goal := 30.0
	if e.moving {
		goal = 55
		e.hours += dt / 3600
	}
	e.heat = lag(e.heat, goal, dt, 900)
	e.write()
}

// call adds one journey: half of them begin at the entrance, half end there.
func (e *elevator) call() {
	upper := 1 + e.rng.IntN(e.floors-1)
	people := 1 + e.rng.IntN(3)
	from, to := 0, upper
	if e.rng.IntN(2) == 0 {
		from, to = upper, 0
	}
	e.stops = append(e.stops, stop{from, people}, stop{to, -people})
}

func (e *elevator) depart() {
	e.target = float64(e.stops[0].floor) * floorHeight
	if math.Abs(e.target-e.position) < 0.01 {
		e.arrive()
		return
	}
	e.moving = true
	e.trips++
}

// move speeds the car up, holds it, and brings it to a stand at the target.
func (e *elevator) move(dt float64) {
	way := e.target - e.position
	sign := math.Copysign(1, way)
	brake := math.Sqrt(2 * acceleration * math.Abs(way)) // fastest that still stops in time
	v := min(math.Abs(e.speed)+acceleration*dt, ratedSpeed, brake)
	e.speed = sign * v
	if step := v * dt; step >= math.Abs(way) || v < 0.05 && math.Abs(way) < 0.05 {
		e.position, e.speed, e.moving = e.target, 0, false
		e.arrive()
		return
	}
	e.position += e.speed * dt
}

func (e *elevator) arrive() {
	e.door, e.left = doorOpening, doorMoves
}

func (e *elevator) moveDoor(dt float64) {
	e.left -= dt
	if e.left > 0 {
		return
	}
	switch e.door {
	case doorOpening:
		e.door, e.left = doorOpen, 3+4*e.rng.Float64()
		e.doors++
		if len(e.stops) > 0 {
			e.load = min(max(e.load+float64(e.stops[0].people)*person, 0), 110)
			e.stops = e.stops[1:]
		}
		if len(e.stops) == 0 {
			e.load = 0
		}
	case doorOpen:
		e.blocked = e.rng.Float64() < 0.06
		e.door, e.left = doorClosing, doorMoves
	case doorClosing:
		if e.blocked { // somebody steps in between: open again
			e.blocked = false
			e.door, e.left = doorOpening, doorMoves/2
			return
		}
		e.door, e.left = doorClosed, 0
	}
}

// watts is what the drive takes: lifting people up costs, going down empty
// as well, the counterweight being half the load.
func (e *elevator) watts() float64 {
	if e.off {
		return 0
	}
	if !e.moving {
		return 250
	}
	return max(900+4200*math.Abs(e.speed)+60*e.speed*(e.load-45), 300)
}

// floor is where the car is, as people count: the entrance is 1.
func (e *elevator) floor() float64 { return math.Round(e.position/floorHeight) + 1 }

func (e *elevator) write() {
	s := e.s
	direction := "stopped"
	if e.speed > 0 {
		direction = "up"
	} else if e.speed < 0 {
		direction = "down"
	}
	s.label("direction", direction)
	s.set("car_speed", math.Abs(e.speed), "m/s")
	s.set("rated_speed", ratedSpeed, "m/s")
	s.set("car_floor", e.floor(), "")
	s.set("car_position", e.position, "m")
	s.set("car_load", e.load, "%")
	e.writeTrouble()
	s.flag("people", e.load > 0)
	s.flag("full_load", e.load >= 80)
	s.flag("overload", e.load > 105)
	s.label("door_state", [...]string{doorClosed: "closed", doorOpening: "opening", doorOpen: "open", doorClosing: "closing"}[e.door])
	s.label("car_state", e.carState())
	s.flag("door_open", e.door != doorClosed)
	s.flag("door_open_limit", e.door == doorOpen)
	s.flag("door_close_limit", e.door == doorClosed)
	s.flag("light_curtain", e.door == doorClosing && e.blocked && e.left < doorMoves/2)
	s.flag("in_door_zone", math.Abs(e.position/floorHeight-math.Round(e.position/floorHeight)) < 0.08)
	for _, calm := range []string{"last_fault_code", "last_fault_subcode", "door_reversals", "sensor_fault_code"} {
		s.set(calm, 0, "")
	}
	s.set("car_temperature", 24+e.load/30, "degC")
	s.set("car_humidity", 48+e.load/20, "%")
	s.set("run_hours", e.hours, "h")
	s.set("run_count", e.trips, "")
	s.set("door_cycles", e.doors, "")
	e.writeDrive()
}

func (e *elevator) writeDrive() {
	s, w := e.s, e.watts()
	share := math.Abs(e.speed) / ratedSpeed
	s.set("dc_bus_voltage", 540+e.voltage.v-8*share, "V")
	s.set("output_frequency", 50*share, "Hz")
	current := 0.0
	if e.moving {
		current = 4 + w/660
	}
	s.set("output_current", current, "A")
	s.set("output_power", w*min(share*2, 1), "W")
	s.set("pretorque_current", math.Abs(e.load-45)*0.6, "%")
	s.set("deceleration_distance", e.speed*e.speed/(2*acceleration), "m")
	s.set("heatsink_temperature", e.heat, "degC")
	s.set("machine_room_temperature", 24+e.heat/15, "degC")
	s.set("acceleration", 0.02+0.1*share, "m/s2")
}

func (e *elevator) carState() string {
	switch {
	case e.moving && math.Abs(e.target-e.position) < 1:
		return "stopping"
	case e.moving:
		return "running"
	case e.door == doorOpening:
		return "opening"
	case e.door == doorOpen:
		return "open"
	case e.door == doorClosing:
		return "closing"
	case len(e.stops) > 0:
		return "closed"
	}
	return "waiting"
}
