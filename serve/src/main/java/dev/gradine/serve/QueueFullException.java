package dev.gradine.serve;

/// As many requests wait as may wait.
public final class QueueFullException extends RuntimeException {

    private static final long serialVersionUID = 1;

    QueueFullException(int waiting) {
        super("%d requests wait already, expected fewer (try again later)".formatted(waiting));
    }
}
