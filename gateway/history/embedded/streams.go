package embedded

import "steward/gateway"

// assetStreams are the streams of one asset's points. Readings of an asset
// mostly hold the same points in the same order, so the one that stood at a
// position the last time is tried first.
type assetStreams struct {
	id     string
	order  []*pointStreams
	byName map[string]*pointStreams
}

type pointStreams struct {
	point                  string
	good, uncertain, other *stream
}

// maxOrder bounds the positions that are remembered.
const maxOrder = 1 << 10

func (a *assetStreams) stream(i int, v *gateway.Value) *stream {
	var p *pointStreams
	if i < len(a.order) && a.order[i].point == v.Point {
		p = a.order[i]
	} else {
		p = a.find(i, v.Point)
	}
	at, q := &p.good, streamGood
	switch v.Quality {
	case gateway.QualityGood:
	case gateway.QualityUncertain:
		at, q = &p.uncertain, streamUncertain
	default:
		at, q = &p.other, streamOther
	}
	if *at == nil {
		*at = newStream(a.id, p.point, q)
	}
	return *at
}

func (a *assetStreams) find(i int, point string) *pointStreams {
	p := a.byName[point]
	if p == nil {
		p = &pointStreams{point: point}
		if a.byName == nil {
			a.byName = map[string]*pointStreams{}
		}
		a.byName[point] = p
	}
	if i < len(a.order) {
		a.order[i] = p
	} else if i == len(a.order) && i < maxOrder {
		a.order = append(a.order, p)
	}
	return p
}
