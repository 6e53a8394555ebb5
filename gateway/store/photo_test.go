package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"steward/gateway/duty"
)

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	return m
}

func jpegOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, jpeg.Encode(&b, picture(), nil))
	return b.Bytes()
}

// segment is a JPEG segment.
func segment(marker byte, data string) string {
	return string([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}) + data
}

// exifOf is EXIF that tells how the picture is turned and where it was taken.
func exifOf(order binary.AppendByteOrder, turned uint16) string {
	b := []byte("II")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM")
	}
	entry := func(tag, kind uint16, n, value uint32) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, n)
		b = order.AppendUint32(b, value)
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, 4, 0)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, turned)
	b = order.AppendUint16(b, 0)
	entry(0x8825, 4, 1, 100)
	return "Exif\x00\x00" + string(b) + "SECRET 31.2304 N 121.4737 E"
}

func TestAJPEGLosesItsSecrets(t *testing.T) {
	plain := jpegOf(t)
	for name, order := range map[string]binary.AppendByteOrder{"big": binary.BigEndian, "little": binary.LittleEndian} {
		for turned := range uint16(10) {
			meta := segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00") + segment(0xe0, "JFXX\x00 SECRET thumbnail") +
				segment(0xe1, exifOf(order, turned)) + segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00 SECRET") + "\xff\xff" + segment(0xe2, "MPF\x00 SECRET") +
				segment(0xe2, "ICC_PROFILE\x00 colours") + segment(0xed, "Photoshop 3.0\x00 SECRET") + segment(0xfe, "SECRET comment")
			body := string(plain[:2]) + meta + string(plain[2:]) + "SECRET second picture"
			kind, kept, err := photo([]byte(body))
			ok(t, err)
			same(t, "kind", kind, "image/jpeg")
			if bytes.Contains(kept, []byte("SECRET")) {
				t.Fatalf("%s %d: a secret is left", name, turned)
			}
			if !bytes.Contains(kept, []byte("colours")) || !bytes.HasSuffix(kept, []byte{0xff, 0xd9}) {
				t.Fatalf("%s %d: something is missing", name, turned)
			}
			got, want := byte(0), byte(0)
			if i := bytes.Index(kept, exif); i >= 0 {
				got = orientation(0xe1, kept[i:])
			}
			if turned > 1 && turned < 9 {
				want = byte(turned)
			}
			same(t, "how it is turned", got, want)
			m, err := jpeg.Decode(bytes.NewReader(kept))
			ok(t, err)
			old, err := jpeg.Decode(bytes.NewReader(plain))
			ok(t, err)
			same(t, "picture", m, old)
		}
	}
}

// A picture of several scans, whose tables stand between them.
func TestAProgressiveJPEG(t *testing.T) {
	body := "\xff\xd8" + segment(0xdb, "table") + segment(0xda, "scan") + "\x01\xff\x00\x02\xff\xd0\x03" + segment(0xe1, "SECRET") +
		segment(0xc4, "table") + segment(0xda, "scan") + "\x04\xff\x00" + "\xff\xd9" + "SECRET"
	kept, err := stripJPEG([]byte(body))
	ok(t, err)
	same(t, "kept", string(kept), strings.Replace(strings.TrimSuffix(body, "SECRET"), segment(0xe1, "SECRET"), "", 1))
	kept, err = stripJPEG([]byte(body[:strings.Index(body, "\x03")])) // cut off
	ok(t, err)
	same(t, "the end of a cut-off one", string(kept[len(kept)-4:]), "\xff\xd0\xff\xd9")
}

func chunkPNG(name, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data))))
}

func TestAPNGLosesItsSecrets(t *testing.T) {
	var b bytes.Buffer
	ok(t, png.Encode(&b, picture()))
	const header = 8 + 25
	body := b.String()[:header] + chunkPNG("eXIf", "SECRET") + chunkPNG("gAMA", "\x00\x00\xb1\x8f") + chunkPNG("tEXt", "Comment\x00SECRET") +
		chunkPNG("iTXt", "SECRET") + b.String()[header:] + "SECRET"
	kind, kept, err := photo([]byte(body))
	ok(t, err)
	same(t, "kind", kind, "image/png")
	same(t, "kept", string(kept), b.String()[:header]+chunkPNG("gAMA", "\x00\x00\xb1\x8f")+b.String()[header:])
}

func chunkWebP(name, data string) string {
	s := name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
	if len(data)%2 == 1 {
		s += "\x00"
	}
	return s
}

func webp(chunks ...string) string {
	all := "WEBP" + strings.Join(chunks, "")
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(all)))) + all
}

func TestAWebPLosesItsSecrets(t *testing.T) {
	lossy := chunkWebP("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x28\x00\x1e\x00 data")
	lossless := chunkWebP("VP8L", "\x2f\x27\x40\x07\x00 data")
	extended := func(flags byte) string { return chunkWebP("VP8X", string([]byte{flags, 0, 0, 0, 39, 0, 0, 29, 0, 0})) }
	for name, c := range map[string]struct{ body, want string }{
		"lossy":    {webp(lossy), webp(lossy)},
		"lossless": {webp(lossless) + "SECRET", webp(lossless)},
		"extended": {webp(extended(0x2c), chunkWebP("ICCP", "colours"), lossy, chunkWebP("EXIF", "SECRET"), chunkWebP("XMP ", "SECRETs"), chunkWebP("????", "SECRET")),
			webp(extended(0x20), chunkWebP("ICCP", "colours"), lossy)},
	} {
		kind, kept, err := photo([]byte(c.body))
		ok(t, err)
		same(t, name, []string{kind, string(kept)}, []string{"image/webp", c.want})
		_, width, height, err := stripWebP([]byte(c.body))
		ok(t, err)
		same(t, name+" size", []int{width, height}, []int{40, 30})
	}
}

func TestWhatIsNoPhoto(t *testing.T) {
	plain := jpegOf(t)
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"empty":           {"", ErrNoPhoto},
		"text":            {"hello", ErrNoPhoto},
		"page":            {"<html><script>alert(1)</script>", ErrNoPhoto},
		"drawing":         {`<svg xmlns="http://www.w3.org/2000/svg"/>`, ErrNoPhoto},
		"GIF":             {"GIF89a\x01\x00\x01\x00", ErrNoPhoto},
		"JPEG, beginning": {string(plain[:20]), ErrNoPhoto},
		"JPEG, no scan":   {"\xff\xd8\xff\xd9", ErrNoPhoto},
		"JPEG, length":    {"\xff\xd8\xff\xe1\xff\xff", ErrNoPhoto},
		"PNG, no end":     {"\x89PNG\r\n\x1a\n" + chunkPNG("IHDR", "\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"), ErrNoPhoto},
		"WebP, no size":   {webp(chunkWebP("VP8 ", "broken")), ErrNoPhoto},
		"a bomb": {"\x89PNG\r\n\x1a\n" + chunkPNG("IHDR", "\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00") + chunkPNG("IEND", ""),
			ErrTooLarge},
		"too long": {string(plain) + strings.Repeat("x", MaxAttachment), ErrTooLarge},
	} {
		opt, _ := options(t.TempDir())
		s := open(t, opt)
		_, err := s.Attach(context.Background(), site, "photo.jpg", strings.NewReader(c.body))
		if !errors.Is(err, c.want) || !errors.Is(err, duty.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		files, err := os.ReadDir(filepath.Join(opt.Dir, photos))
		ok(t, err)
		same(t, name+": files left", len(files), 0)
	}
}

func TestAttachments(t *testing.T) {
	opt, _ := options(t.TempDir())
	s := open(t, opt)
	plain := jpegOf(t)
	a, err := s.Attach(context.Background(), site, `C:\photos\泵房.jpg`, bytes.NewReader(plain))
	ok(t, err)
	same(t, "attachment", []any{a.Name, a.Type, a.Size, len(a.ID)}, []any{"泵房.jpg", "image/jpeg", int64(len(plain)), 64})
	b, err := s.Attach(context.Background(), site, "again.png", bytes.NewReader(plain))
	ok(t, err)
	same(t, "ID of the same photo", b.ID, a.ID)
	ok(t, s.Close())
	ok(t, os.WriteFile(filepath.Join(opt.Dir, photos, partPrefix+"77"), plain, 0o600)) // of a kill
	s = open(t, opt)
	files, err := os.ReadDir(filepath.Join(opt.Dir, photos))
	ok(t, err)
	same(t, "files", len(files), 1)

	got, f, err := s.Attachment(context.Background(), site, a.ID)
	ok(t, err)
	same(t, "attachment", got, a)
	body, err := io.ReadAll(f)
	ok(t, err)
	ok(t, f.Close())
	same(t, "bytes", body, plain)
	for _, c := range [][2]string{{"other", a.ID}, {site, strings.Repeat("0", 64)}, {site, "../" + fileName}, {site, ""}} {
		if _, _, err := s.Attachment(context.Background(), c[0], c[1]); !errors.Is(err, duty.ErrUnknown) {
			t.Errorf("%v: %v", c, err)
		}
	}
	broken := errors.New("the line broke")
	if _, err := s.Attach(context.Background(), site, "x", io.MultiReader(bytes.NewReader(plain), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func TestALongName(t *testing.T) {
	if got := shortName(strings.Repeat("泵", 100)); len(got) > 128 || len(got) < 120 || strings.ContainsRune(got, '\uFFFD') {
		t.Fatalf("%q", got)
	}
	same(t, "name", shortName("a/b/c\x00.jpg"), "c.jpg")
}

// Whatever is taken for a photo can be stripped once more and is the same.
func FuzzPhoto(f *testing.F) {
	plain := jpegOf(f)
	f.Add(plain)
	f.Add([]byte("\xff\xd8" + segment(0xe1, exifOf(binary.LittleEndian, 6)) + string(plain[2:])))
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 3, 3))
	m.Set(1, 1, color.White)
	ok(f, png.Encode(&b, m))
	f.Add(b.Bytes())
	f.Add([]byte(webp(chunkWebP("VP8L", "\x2f\x27\x40\x07\x00 data"), chunkWebP("EXIF", "x"))))
	f.Fuzz(func(t *testing.T, body []byte) {
		kind, kept, err := photo(body)
		if err != nil {
			return
		}
		again, twice, err := photo(kept)
		if err != nil || again != kind || !bytes.Equal(kept, twice) {
			t.Fatalf("%s %x: %s %x %v", kind, kept, again, twice, err)
		}
	})
}
