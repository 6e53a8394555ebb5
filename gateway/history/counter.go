package history

// nearTop is the share of a counter's range that it may count between two
// readings for a fall to be a wrap. A device counts far less even over a long
// silence, and a replaced one has seldom stood within it of the top.
const nearTop = 0.1

// setBack is the share of what it showed that a counter must still show for a
// fall to be one that was set back, and not another that began at 0.
const setBack = 0.5

// Increase returns by how much a counter has risen between two good values of
// it, all in the point's unit; rollover is gateway.Point.Rollover, 0 where it
// is not known. It is the one rule for whoever takes differences.
//
//   - A rise is the difference.
//   - A fall from near rollover to near 0 is the counter beginning again:
//     rollover - previous + now, and wrapped is true.
//   - A fall to not even half is a device replaced or set to 0: it has counted
//     now since then, and what it counted before that is not known.
//   - A smaller fall is a counter set back, as by a controller that was restored:
//     what it counted since is not known, and taken for nothing.
//
// Such falls are told by now < previous while wrapped is false; whoever bills
// by them should say so.
//
// The increase is never below 0.
func Increase(previous, now, rollover float64) (increase float64, wrapped bool) {
	if now >= previous {
		return now - previous, false
	}
	if round := rollover - previous + now; now >= 0 && round >= 0 && round <= nearTop*rollover {
		return round, true
	}
	if now > setBack*previous {
		return 0, false
	}
	return max(now, 0), false
}
