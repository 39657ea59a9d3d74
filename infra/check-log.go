// Verifies a copy of a log by golang.org/x/mod/sumdb alone: check DIR OLDER-CHECKPOINT
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

// Go names the height in the path of a tile; c2sp.org/tlog-tiles leaves it out, since it is always 8.
func (f folder) path(t tlog.Tile) string {
	return filepath.Join(string(f), strings.Replace(t.Path(), "tile/8/", "tile/", 1))
}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, t := range tiles {
		b, err := os.ReadFile(f.path(t))
		if err != nil {
			return nil, err
		}
		data = append(data, b)
	}
	return data, nil
}
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(file string, vkey string) tlog.Tree {
	content, err := os.ReadFile(file)
	must(err)
	verifier, err := note.NewVerifier(vkey)
	must(err)
	signed, err := note.Open(content, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

func main() {
	dir := folder(os.Args[1])
	key, err := os.ReadFile(filepath.Join(os.Args[1], "key"))
	must(err)
	vkey := strings.TrimSpace(string(key))
	now, old := open(filepath.Join(os.Args[1], "checkpoint"), vkey), open(os.Args[2], vkey)
	reader := tlog.TileHashReader(now, dir)
	consistency, err := tlog.ProveTree(now.N, old.N, reader)
	must(err)
	must(tlog.CheckTree(consistency, now.N, now.Hash, old.N, old.Hash))
	fmt.Printf("the log of %d events begins with the %d of %s\n", now.N, old.N, os.Args[2])
	for start := int64(0); start < now.N; start += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: 256}
		if now.N-start < 256 {
			tile.W = int(now.N - start)
		}
		bundle, err := os.ReadFile(strings.Replace(dir.path(tile), "tile/data/", "tile/entries/", 1))
		must(err)
		for index := start; len(bundle) > 0; index++ {
			size := int(binary.BigEndian.Uint16(bundle))
			proof, err := tlog.ProveRecord(now.N, index, reader)
			must(err)
			must(tlog.CheckRecord(proof, now.N, now.Hash, index, tlog.RecordHash(bundle[2:2+size])))
			bundle = bundle[2+size:]
		}
	}
	fmt.Printf("every entry of %d is in it\n", now.N)
}
