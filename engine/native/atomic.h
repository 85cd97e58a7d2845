/* Values that one thread writes and another reads without a lock: whole by themselves, in no order among each other. */
#ifndef TL_ATOMIC_H
#define TL_ATOMIC_H

#define TL_STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define TL_LOAD(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
/* Only the writing thread may add: load and store, no locked instruction. */
#define TL_ADD(place, value) TL_STORE(place, TL_LOAD(place) + (value))

#endif
