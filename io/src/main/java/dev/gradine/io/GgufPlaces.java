package dev.gradine.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where the tensors of one architecture are, to be changed while it is told.
///
/// @param ends of the whole model
/// @param layer of each layer
record GgufPlaces(List<GgufPlace> ends, List<GgufPlace> layer) {

    /// A Llama's.
    static GgufPlaces usual() {
        return new GgufPlaces(new ArrayList<>(GgufPlace.MODEL), new ArrayList<>(GgufPlace.LAYER));
    }

    GgufPlaces copy() {
        return new GgufPlaces(new ArrayList<>(ends), new ArrayList<>(layer));
    }

    List<GgufPlace> all() {
        List<GgufPlace> all = new ArrayList<>(ends);
        all.addAll(layer);
        return all;
    }

    Optional<GgufPlace> find(String gguf) {
        return all().stream().filter(p -> p.gguf().equals(gguf)).findFirst();
    }

    /// One that is there.
    GgufPlace found(String gguf) {
        return find(gguf).orElseThrow();
    }

    /// In place of one of the same name, if there is one.
    void put(GgufPlace place) {
        boolean isEnd = ends.stream().anyMatch(p -> p.gguf().equals(place.gguf()));
        List<GgufPlace> list = isEnd ? ends : layer;
        for (int i = 0; i < list.size(); i++) {
            if (!list.get(i).gguf().equals(place.gguf())) continue;
            list.set(i, place);
            return;
        }
        list.add(place);
    }
}
