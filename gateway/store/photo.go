package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
)

// maxPixels bounds what a browser must unpack to show a photo.
const maxPixels = 100_000_000

// photo says what a file is by its content, and returns it without what it
// tells about where, when and by whom it was taken: only what is needed to
// show it is kept, and nothing behind its end.
func photo(body []byte) (kind string, kept []byte, err error) {
	var width, height int
	switch kind = http.DetectContentType(body); kind {
	case "image/jpeg":
		if kept, err = stripJPEG(body); err != nil {
			break
		}
		c, e := jpeg.DecodeConfig(bytes.NewReader(kept))
		width, height, err = c.Width, c.Height, e
	case "image/png":
		if kept, err = stripPNG(body); err != nil {
			break
		}
		c, e := png.DecodeConfig(bytes.NewReader(kept))
		width, height, err = c.Width, c.Height, e
	case "image/webp":
		kept, width, height, err = stripWebP(body)
	default:
		return "", nil, fmt.Errorf("%w; this is %s", ErrNoPhoto, kind)
	}
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("%w; this is a broken %s: %w", ErrNoPhoto, kind, err)
	case width < 1 || height < 1:
		return "", nil, fmt.Errorf("%w; this is a broken %s: it has no size", ErrNoPhoto, kind)
	case width > maxPixels/height:
		return "", nil, fmt.Errorf("%w; this has %d by %d", ErrTooLarge, width, height)
	}
	return kind, kept, nil
}

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegCOM  = 0xfe
	jpegAPP0 = 0xe0
	jpegAPPF = 0xef
)

// stripJPEG keeps the picture, its colour profile and how it is turned.
func stripJPEG(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	out = append(out, 0xff, jpegSOI)
	turned := false
	for i := 2; ; {
		for i+1 < len(b) && b[i] == 0xff && b[i+1] == 0xff { // fill
			i++
		}
		if i+4 > len(b) || b[i] != 0xff {
			if i+1 < len(b) && b[i] == 0xff && b[i+1] == jpegEOI {
				return append(out, 0xff, jpegEOI), nil
			}
			return nil, fmt.Errorf("no marker at byte %d", i)
		}
		marker := b[i+1]
		if marker == jpegEOI {
			return append(out, 0xff, jpegEOI), nil
		}
		end := i + 2 + int(binary.BigEndian.Uint16(b[i+2:]))
		if end < i+4 || end > len(b) {
			return nil, fmt.Errorf("the segment at byte %d is longer than the file", i)
		}
		segment := b[i:end]
		if o := orientation(marker, segment[4:]); o > 1 && !turned {
			out, turned = append(out, turnedBy(o)...), true
		}
		if showsJPEG(marker, segment[4:]) {
			out = append(out, segment...)
		}
		if i = end; marker == jpegSOS {
			if end = scanEnd(b, i); end == len(b) { // cut off: what there is can be shown
				return append(append(out, b[i:]...), 0xff, jpegEOI), nil
			}
			out = append(out, b[i:end]...)
			i = end
		}
	}
}

// showsJPEG reports whether a segment is needed to show the picture.
func showsJPEG(marker byte, data []byte) bool {
	switch {
	case marker == jpegCOM:
		return false
	case marker < jpegAPP0 || marker > jpegAPPF:
		return true
	case marker == jpegAPP0:
		return bytes.HasPrefix(data, []byte("JFIF\x00"))
	case marker == jpegAPP0+2:
		return bytes.HasPrefix(data, []byte("ICC_PROFILE\x00"))
	case marker == jpegAPP0+14:
		return bytes.HasPrefix(data, []byte("Adobe"))
	}
	return false
}

// scanEnd returns where the coded data of a scan ends: at the next marker
// that is neither a stuffed byte nor a restart.
func scanEnd(b []byte, i int) int {
	for ; i+1 < len(b); i++ {
		if next := b[i+1]; b[i] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return i
		}
	}
	return len(b)
}

var exif = []byte("Exif\x00\x00")

// orientation returns how an EXIF segment says that the picture is turned, 1
// to 8, or 0 (EXIF 2.3, tag 0x0112 of the first directory).
func orientation(marker byte, data []byte) byte {
	tiff, ok := bytes.CutPrefix(data, exif)
	if marker != jpegAPP0+1 || !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	first := int64(order.Uint32(tiff[4:]))
	if first+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[first+2:]
	for n := order.Uint16(tiff[first:]); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == 0x0112 {
			if o := order.Uint16(entries[8:]); o >= 1 && o <= 8 {
				return byte(o)
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}

// turnedBy is an EXIF segment that says only how the picture is turned.
func turnedBy(orientation byte) []byte {
	body := append(slices.Clone(exif), 'M', 'M', 0, 42, 0, 0, 0, 8, // big-endian, the directory begins at 8
		0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, // one entry: a SHORT
		0, 0, 0, 0) // no further directory
	return append([]byte{0xff, jpegAPP0 + 1, 0, byte(len(body) + 2)}, body...)
}

// stripPNG keeps the chunks without which a PNG cannot be shown, and those of
// its colours (PNG third edition, 5.6).
func stripPNG(b []byte) ([]byte, error) {
	const signature = 8
	shown := []string{"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "cICP", "bKGD", "pHYs"}
	out := append(make([]byte, 0, len(b)), b[:signature]...)
	for i := signature; i+12 <= len(b); {
		end := int64(i) + 12 + int64(binary.BigEndian.Uint32(b[i:]))
		if end > int64(len(b)) {
			return nil, fmt.Errorf("the chunk at byte %d is longer than the file", i)
		}
		name := string(b[i+4 : i+8])
		if critical := name[0]&0x20 == 0; critical || slices.Contains(shown, name) {
			out = append(out, b[i:end]...)
		}
		if name == "IEND" {
			return out, nil
		}
		i = int(end)
	}
	return nil, fmt.Errorf("it has no end")
}

// stripWebP keeps the chunks of the picture, and returns its size (RFC 9649).
func stripWebP(b []byte) (out []byte, width, height int, err error) {
	const header = 12
	if len(b) < header {
		return nil, 0, 0, fmt.Errorf("it has no header")
	}
	shown := []string{"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}
	out = append(make([]byte, 0, len(b)), b[:header]...)
	all := min(int64(binary.LittleEndian.Uint32(b[4:]))+8, int64(len(b)))
	for i := int64(header); i+8 <= all; {
		size := int64(binary.LittleEndian.Uint32(b[i+4:]))
		end := i + 8 + size + size&1
		if end > int64(len(b)) {
			return nil, 0, 0, fmt.Errorf("the chunk at byte %d is longer than the file", i)
		}
		if name := string(b[i : i+4]); slices.Contains(shown, name) {
			out = append(out, b[i:end]...)
			data := out[len(out)-int(end-i)+8:]
			if name == "VP8X" && len(data) > 0 {
				data[0] &^= 0x08 | 0x04 // it has neither EXIF nor XMP any more
			}
			if width == 0 {
				width, height = sizeWebP(name, data)
			}
		}
		i = end
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, width, height, nil
}

// sizeWebP reads the size of the picture from the chunk that has it.
func sizeWebP(name string, d []byte) (width, height int) {
	switch {
	case name == "VP8X" && len(d) >= 10:
		return 1 + int(d[4]) + int(d[5])<<8 + int(d[6])<<16, 1 + int(d[7]) + int(d[8])<<8 + int(d[9])<<16
	case name == "VP8L" && len(d) >= 5 && d[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(d[1:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)
	case name == "VP8 " && len(d) >= 10 && d[3] == 0x9d && d[4] == 0x01 && d[5] == 0x2a:
		return int(binary.LittleEndian.Uint16(d[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(d[8:]) & 0x3fff)
	}
	return 0, 0
}
