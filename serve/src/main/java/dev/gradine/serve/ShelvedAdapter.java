package dev.gradine.serve;

import dev.gradine.peft.AdapterSet;
import dev.gradine.serve.AdapterReader.InMemory;
import dev.gradine.serve.AdapterRefusedException.Why;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/// An adapter under its name. It is in memory, or put away and read again from its folder when it is asked for.
final class ShelvedAdapter {

    private final Card card;
    private final AdapterReader reader;
    private final String fingerprint;
    private volatile @Nullable InMemory held;
    private WeakReference<AdapterSet> last; // texts that began with it may hold it still
    private volatile long used;

    /// Reads it.
    ///
    /// @throws AdapterRefusedException if it cannot be read or does not fit
    ShelvedAdapter(Card card, AdapterReader reader) {
        this.card = card;
        this.reader = reader;
        InMemory now = reader.read(card.root());
        fingerprint = now.acting().fingerprint();
        held = now;
        last = new WeakReference<>(now.set());
    }

    Card card() {
        return card;
    }

    boolean isInMemory() {
        return held != null;
    }

    /// When it was used last.
    long used() {
        return used;
    }

    /// In memory, where it is brought if it was put away.
    ///
    /// @param time of this use
    /// @throws AdapterRefusedException if its folder does not hold it any more
    synchronized InMemory use(long time) {
        used = time;
        InMemory now = held;
        if (now != null) return now;
        AdapterSet known = last.get();
        now = known == null ? again() : new InMemory(new Acting(fingerprint, known), known);
        held = now;
        last = new WeakReference<>(now.set());
        return now;
    }

    private InMemory again() {
        InMemory read;
        try {
            read = reader.read(card.root());
        } catch (AdapterRefusedException e) {
            throw lost(e.getMessage());
        }
        if (read.acting().fingerprint().equals(fingerprint)) return read;
        throw lost(card.root() + " has changed since");
    }

    private AdapterRefusedException lost(@Nullable String why) {
        return new AdapterRefusedException(
                Why.LOST,
                "the adapter `%s` was put away (--max-cpu-loras) and cannot be read again: %s; load it anew"
                        .formatted(card.name(), why));
    }

    /// Lets go of its memory, which goes when no text is written with it any more.
    ///
    /// @return what was in memory, null if nothing was
    @Nullable
    InMemory putAway() {
        InMemory was = held;
        held = null;
        return was;
    }
}
