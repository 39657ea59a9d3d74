"""What comes in is read before it is believed: sound by a decoder, transcripts and manifests by a closed shape."""
