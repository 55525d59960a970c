/* Memory that threads share without a lock, where each may see an old value but none a torn one.
 *
 * FH_LOAD(place) and FH_STORE(place, value), for an aligned integer or pointer: relaxed atomics of
 * C11, section 7.17.3, for objects that are not declared _Atomic since their type is Python's.
 */
#ifndef FH_RELAXED_H
#define FH_RELAXED_H

#if defined(__GNUC__) /* and clang */
#define FH_LOAD(place) __atomic_load_n((place), __ATOMIC_RELAXED)
#define FH_STORE(place, value) __atomic_store_n((place), (value), __ATOMIC_RELAXED)
#else /* MSVC, on whose machines an aligned access is one access */
#define FH_LOAD(place) (*(place))
#define FH_STORE(place, value) ((void)(*(place) = (value)))
#endif

#endif
